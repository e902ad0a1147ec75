#pragma once
// A toy ensemble as a sampler: which blocks of toys to make, when there are enough, and what follows from them.
//
// Ids: stages, one after the other; within a stage block by block, in each block first the toys of the alternative (which serve every tested signal
// strength, and every member of a family with the same background), then those of each tested one. A discovery tests all members of one background
// with the same toys; for an interval and a fit only the tested hypotheses count. All goals but a limit are one stage. A limit is a stage for each
// round of signal strengths placed, of `pilot` toys, and a last one with more toys at all of them. A stage's strengths follow from the stages before
// it, so a campaign may be extended.

#include <array>
#include <map>
#include <optional>

#include "src/base/packed_numbers.h"
#include "src/samplers/sampler.h"
#include "src/samplers/sliceable.h"
#include "src/statistics/global_p_value.h"
#include "src/statistics/importance.h"
#include "src/statistics/toy_limits.h"
#include "src/statistics/toy_stages.h"

namespace umbra {

/// When there are enough toys: a number, or a precision, judged after each complete block.
struct ToyStop {
  std::uint64_t toys = 0;  ///< of a hypothesis and side, rounded up to whole blocks; 0: by precision
  std::string quantity;    ///< CLs, CLsb, CLb, p0, upper_limit or global_p; of all members
  double relative = 0.0;   ///< largest half width of the 68 % interval, relative
  std::uint64_t max_toys = 0;
};

struct ToyEnsembleOptions {
  ToyGoal goal = ToyGoal::hypotheses;
  std::vector<double> tested;  ///< hypotheses and interval, of each member, none twice; ascending for an interval
  double confidence = 0.95;
  std::optional<LimitStatistic> asymptotic;  ///< limits and hypotheses: formulae to compare with
  bool statistic_is_q0 = true;               ///< discovery: what formulae, importance sampling and a global p-value are about
  ImportanceOptions importance;              ///< discovery
  ToyStop stop;
  std::uint64_t block = 100;   ///< toys in a task
  std::uint64_t pilot = 1000;  ///< toys with which signal strengths are placed
  std::uint64_t seed = 1;
};

inline constexpr std::uint64_t largest_block = 1000000;
/// A task this long holds up a stop, and is lost to a kill.
inline constexpr double long_block_s = 10.0;
/// Block size that takes about a second by the size of the models, 1000, 100, 10 or 1; of a user's own code as many as cannot take longer than long_block_s by
/// its timeout, or 10 where it has none. At most the `toys` asked for, where that is not 0.
std::uint64_t usual_block(const ToyFamily& family, std::size_t tested, std::uint64_t toys);

struct ToyTest {
  double poi = 0.0;
  ToyRow observed;
  ToyCounts signal, background;
  ClsResult result;
  Bands expected{};  ///< CLs
  std::optional<AsymptoticTest> asymptotic;
};

struct ToyLimits {
  ToyLimit observed;
  std::array<ToyLimit, 5> expected;
  std::optional<AsymptoticLimit> asymptotic;
};

/// A discovery or a goodness of fit: one p-value.
struct ToyFraction {
  bool discovery = false;
  ToyRow observed;
  ToyCounts counts;
  std::optional<WeightedCounts> weighted;  ///< importance sampling
  PValue p;
  std::optional<AsymptoticDiscovery> asymptotic;
};

class ToyEnsemble final : public Sampler, public Sliceable {
 public:
  /// Fits the observed data. Throws UserError where these fits are not resolved.
  ToyEnsemble(ToyEnsembleOptions options, ToyFamily family, std::unique_ptr<TestStatistic> statistic);

  std::vector<Task> ask(std::size_t max) override;
  void tell(const Outcome& outcome) override;
  TaskId end() const override { return end_; }
  bool done() const override { return settled_ >= end_; }
  bool stops_by_itself() const override { return true; }
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;
  SamplerResult result() const override;
  /// The current p-value or limit with its error: the global one where there is one, else of several that which is known least well.
  std::vector<std::pair<std::string, double>> progress() const;
  void take_slice(const Slice& slice) override;
  /// Whether a slice of it can be made alone: no stage, and no end, that depends on toys.
  static bool slices(const ToyEnsembleOptions& options) { return options.goal != ToyGoal::limit && options.stop.toys > 0; }

  const ToyFamily& family() const { return family_; }
  const ToyEnsembleOptions& options() const { return options_; }
  // From the blocks before end(), in id order, for a member:
  std::vector<ToyTest> tests(std::size_t member = 0) const;  ///< ascending in poi; of hypotheses and limit
  std::optional<ToyLimits> limits(std::size_t member = 0) const;
  std::optional<ToyFraction> fraction(std::size_t member = 0) const;         ///< of discovery and fit
  std::vector<IntervalPoint> interval_points(std::size_t member = 0) const;  ///< of interval, ascending
  /// Of the discovery of any of several members, all with one background.
  const std::optional<GlobalCounter>& global() const { return global_; }

 private:
  struct Strength {
    std::size_t member;
    double poi;
    ToyRow observed;
    std::optional<AsymptoticTest> asymptotic;
    ToyCounts signal = {}, background = {};
    WeightedCounts weighted = {};
  };

  bool has_alternative() const { return options_.goal == ToyGoal::hypotheses || options_.goal == ToyGoal::limit; }
  bool is_weighted(const ToySource& source) const { return origins_.count(source.member) > 0; }
  void ask_formulae();
  void choose_origins();
  std::vector<SignalPoint> first_points() const;
  std::vector<double> first_strengths(std::size_t member) const;
  std::size_t add_strength(const SignalPoint& point);
  bool has_global_p_value() const;
  void begin_stage(const std::vector<SignalPoint>& points, std::uint64_t first_block, std::uint64_t blocks);
  ToyRequest request(TaskId id) const;
  void settle();
  void account(TaskId id, const std::vector<double>& values);
  void block_complete(const ToyStages::Place& place);
  void stage_complete();
  std::optional<double> next_strength(std::size_t member) const;
  bool precise() const;
  bool precise(std::size_t member) const;
  std::vector<const Strength*> sorted(std::size_t member) const;
  std::vector<LimitPoint> limit_points(std::size_t member) const;
  void collect(const Strength& strength, std::vector<double>& signal, std::vector<double>& background) const;
  void add_bound_warnings(std::vector<std::string>& warnings) const;
  void add_discovery_warnings(std::vector<std::string>& warnings) const;
  void add_unresolved_warnings(std::vector<std::string>& warnings) const;
  void add_cost_warning(std::vector<std::string>& warnings) const;
  void reset();

  ToyEnsembleOptions options_;
  ToyFamily family_;
  std::unique_ptr<TestStatistic> statistic_;
  // [members]
  std::vector<std::optional<AsymptoticDiscovery>> asymptotic_discovery_;
  std::vector<std::optional<AsymptoticLimit>> asymptotic_limit_;
  std::map<std::size_t, std::vector<ToyShare>> origins_;  ///< by the member that makes the toys
  std::map<std::pair<std::size_t, double>, std::size_t> index_;
  std::vector<Strength> strengths_;
  ToyStages stages_;
  std::optional<GlobalCounter> global_;
  bool last_stage_ = false;
  std::map<TaskId, PackedNumbers> told_;
  double slowest_block_s_ = 0.0;
  Slice slice_;
  TaskId next_ = 0, settled_ = 0, end_ = no_end;
};

}  // namespace umbra
