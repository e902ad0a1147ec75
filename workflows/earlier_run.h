#pragma once
// The points of an earlier run, for jobs that start from them: learning, scans with `start: {from: RUN}`, and the sampler rerun.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/reader.h"
#include "src/base/options.h"
#include "src/samplers/earlier_points.h"
#include "src/space/expression.h"
#include "src/space/parameter_space.h"

namespace umbra {

/// The keys of a job file that name points of an earlier run.
struct EarlierRunOptions {
  std::optional<std::string> from;
  std::optional<std::string> where;
  std::string outside = "error";
  std::optional<std::string> points;

  static OptionSet<EarlierRunOptions> options();
  /// from, where and outside, for options derived from these.
  template <class Options>
  static OptionSet<Options>& add_common(OptionSet<Options>& set) {
    const auto member = [](auto EarlierRunOptions::* m) { return static_cast<std::remove_reference_t<decltype(std::declval<Options>().*m)> Options::*>(m); };
    return set
        .add("from", member(&EarlierRunOptions::from), "the run directory of an earlier run; relative to where umbra is started, as output: {directory} is, or else to the job file's folder")
        .add("where", member(&EarlierRunOptions::where), "an expression of that run's columns (status and duration are some): only points for which it is true")
        .add("outside", member(&EarlierRunOptions::outside), "what to do where points lie outside this job's priors: error, or skip (leave them out)", one_of({"error", "skip"}));
  }
};

/// Where a run directory named in a job file is: as it stands, or else beside the job file.
std::string find_run(const std::string& path);

/// Reads the table /points of a run, finished or not. The parameters of this job are found there by their names, whatever they were there (sampled, fixed
/// or derived; a preset of other values). Where both jobs list the same parameters, points keep their place in the unit cube bit for bit.
class EarlierRun {
 public:
  /// Opens the run and finds its columns; reads no rows. Usable only where no fault was added.
  /// @param from at least `from` is set; @param at their place in the job file; @param key "start", for messages
  /// @param job with the keys parameters or preset
  static std::optional<EarlierRun> open(const EarlierRunOptions& from, const Config& at, const std::string& key, const ParameterSpace& space, const Config& job, Faults& faults);

  /// The chosen points, ids ascending.
  struct Rows {
    std::vector<TaskId> ids;
    std::vector<Status> status;
    std::vector<double> u;                     ///< [rows x dim]
    std::vector<std::vector<double>> columns;  ///< as asked for, [columns][rows]; NaN where the run has no such column
    std::vector<TaskId> left_out;              ///< of points with status ok for which `where` is not true, ascending
  };
  /// Throws UserError where no point is chosen, or one lies outside the priors (and is not to be skipped).
  Rows rows(const std::vector<std::string>& columns) const;
  /// The same with likelihoods and, where the run has them, weights.
  EarlierPoints points() const;

  const std::string& directory() const { return directory_; }

 private:
  EarlierRun(std::string directory, const ParameterSpace& space) : directory_(std::move(directory)), reader_(directory_), space_(space) {}
  bool has(const std::string& column) const;
  void find_sample(EarlierPoints& points, const Rows& rows) const;
  void find_prior_ratio(EarlierPoints& points, const Rows& rows) const;
  double prior_share() const;

  std::string directory_;
  Reader reader_;
  ParameterSpace space_;
  std::string key_;
  std::optional<Expression> where_;
  std::vector<std::string> where_columns_;   ///< that the expression uses
  bool skip_outside_ = false;
  bool same_parameters_ = false;
  std::optional<ParameterSpace> earlier_space_;  ///< none where the run does not say
  std::string sampler_;                      ///< type of the earlier run's, "" where it does not say
};

/// "4000 with checksum 0123456789abcdef": tells whether a later start of a campaign finds the same points.
std::string points_digest(const EarlierPoints& points);

}  // namespace umbra
