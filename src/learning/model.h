#pragma once
// A trained committee with all that it takes to use it: parameters, units, where it was trained, what its answers are worth.

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/config.h"
#include "src/learning/committee.h"
#include "src/learning/metrics.h"
#include "src/learning/target.h"
#include "src/space/parameter_space.h"

namespace umbra {

/// What is written beside the committee.
struct ModelCard {
  std::string name;                  ///< of the campaign
  std::string target;                ///< "log_likelihood > -4", "delta_a_mu, m_h"
  bool classes = true;
  std::vector<LearntColumn> columns = {};  ///< numbers that are learnt; none for a class
  Config parameters;                 ///< as in a job file
  Config committee;                  ///< as in a job file
  std::vector<double> low, high;     ///< [sampled parameters] the box that the training points cover
  std::uint64_t seed = 0;
  std::uint64_t training_points = 0;
  std::uint64_t evaluations = 0;
  std::map<std::string, double> metrics;
  Calibration calibration;
  std::map<std::string, std::string> provenance;
  std::map<std::string, std::string> slha;  ///< entry to parameter
};

/// Names of the numbers that are learnt, each with that of its spread after it: "spread" of a single one, "spread_NAME" of several.
std::vector<std::string> column_names(const ModelCard& card);

struct Prediction {
  double vote = 0.0;        ///< mean vote: how many members say class 1; or the number
  double spread = 0.0;      ///< standard deviation of the votes
  int klass = 0;            ///< 1 where vote > 1/2
  double confidence = 0.0;  ///< share of right answers among independent points with such a vote (0.5 where nothing is known)
  bool outside = false;     ///< of the box that the training points cover: the answer is a guess
};

/// Used by one thread at a time. Cost: bench/README.md.
class LearnedModel {
 public:
  /// Throws UserError where the card does not fit together, or the committee is of another dimension.
  LearnedModel(ModelCard card, VotersList voters);

  const ModelCard& card() const { return card_; }
  const ParameterSpace& space() const { return space_; }
  /// The parameters that it wants, in this order: those that were sampled.
  const std::vector<std::string>& inputs() const { return space_.unit_names(); }
  std::vector<std::string> units() const;  ///< of inputs(), "" where a parameter has none
  /// How many predictions there are of a point: of a class one, of numbers one each.
  std::size_t targets() const { return std::max<std::size_t>(card_.columns.size(), 1); }
  /// @param x [n x inputs] physical values; @return [n x targets()]
  std::vector<Prediction> predict(std::span<const double> x);
  /// Parameters (indices into inputs) of a point that lie outside the box.
  std::vector<std::size_t> outside(std::span<const double> x) const;
  const VotersList& voters() const { return voters_; }

 private:
  ModelCard card_;
  ParameterSpace space_;
  VotersList voters_;
  std::vector<std::size_t> place_;  ///< of each input in theta
};

/// The committee of a card, to load its parts. Throws UserError where the card names none that this build knows.
std::unique_ptr<Committee> make_committee(const ModelCard& card);

/// Why an SLHA entry ("EXTPAR 1") cannot stand for a parameter of a model, as a sentence; "" where it can.
std::string slha_fault(const std::string& entry, const std::string& parameter, const std::vector<std::string>& inputs);

/// The box of training points u [n x dim]: from the smallest to the largest value of each parameter, but to the end of a prior's range where the points reach it. None of the points is
/// outside, bit for bit. Parameters that depend on each other (correlated_normal) have no ends of their own.
void cover_box(const ParameterSpace& space, std::span<const double> u, std::vector<double>& low, std::vector<double>& high);

}  // namespace umbra
