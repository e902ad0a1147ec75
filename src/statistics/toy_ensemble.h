#pragma once
// A toy ensemble as a sampler: which blocks of toys to make, when there are enough, and what follows from them.
//
// Ids: stages, one after the other; within a stage block by block, in each block first the toys of the alternative (which serve every tested signal
// strength), then those of each tested one; where no alternative counts (discovery, interval, fit) only these. All goals but a limit are one stage. A
// limit is a stage for each round of signal strengths placed, of `pilot` toys, and a last one with more toys at all of them. A stage's strengths
// follow from the stages before it, so a campaign may be extended.

#include <array>
#include <map>
#include <optional>

#include "src/base/packed_numbers.h"
#include "src/samplers/sampler.h"
#include "src/samplers/sliceable.h"
#include "src/statistics/toy_limits.h"
#include "src/statistics/toy_tasks.h"

namespace umbra {

enum class ToyGoal {
  hypotheses,
  limit,
  discovery,
  interval,  ///< Feldman-Cousins, from `tested`
  fit,       ///< whether the model without a signal describes the data
};

/// When there are enough toys: a number, or a precision, judged after each complete block.
struct ToyStop {
  std::uint64_t toys = 0;  ///< of a hypothesis and side, rounded up to whole blocks; 0: by precision
  std::string quantity;    ///< CLs, CLsb, CLb, p0 or upper_limit
  double relative = 0.0;   ///< largest half width of the 68 % interval, relative
  std::uint64_t max_toys = 0;
};

struct ToyEnsembleOptions {
  ToyGoal goal = ToyGoal::hypotheses;
  std::vector<double> tested;  ///< hypotheses and interval; ascending for an interval
  double confidence = 0.95;
  std::optional<LimitStatistic> asymptotic;  ///< limits and hypotheses: formulae to compare with
  ToyStop stop;
  std::uint64_t block = 100;   ///< toys in a task
  std::uint64_t pilot = 1000;  ///< toys with which signal strengths are placed
  std::uint64_t seed = 1;
};

/// Block size that takes about a second, from the size of the model: 1000, 100 or 10.
std::uint64_t usual_block(const ToyModel& model, std::size_t tested);

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
  PValue p;
  std::optional<AsymptoticDiscovery> asymptotic;
};

class ToyEnsemble final : public Sampler, public Sliceable {
 public:
  /// Fits the observed data. Throws UserError where these fits are not resolved.
  ToyEnsemble(ToyEnsembleOptions options, std::unique_ptr<ToyModel> model, std::unique_ptr<TestStatistic> statistic);

  std::vector<Task> ask(std::size_t max) override;
  void tell(const Outcome& outcome) override;
  TaskId end() const override { return end_; }
  bool done() const override { return settled_ >= end_; }
  bool stops_by_itself() const override { return true; }
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;
  SamplerResult result() const override;
  /// The current p-value or limit with its error; of several signal strengths that whose p-value is known least well.
  std::vector<std::pair<std::string, double>> progress() const;
  void take_slice(const Slice& slice) override;
  /// Whether a slice of it can be made alone: no stage, and no end, that depends on toys.
  static bool slices(const ToyEnsembleOptions& options) { return options.goal != ToyGoal::limit && options.stop.toys > 0; }

  // From the blocks before end(), in id order:
  std::vector<ToyTest> tests() const;  ///< ascending in poi; of hypotheses and limit
  std::optional<ToyLimits> limits() const;
  std::optional<ToyFraction> fraction() const;         ///< of discovery and fit
  std::vector<IntervalPoint> interval_points() const;  ///< of interval, ascending

 private:
  struct Strength {
    double poi;
    ToyRow observed;
    std::optional<AsymptoticTest> asymptotic;
    ToyCounts signal, background;
  };
  struct Stage {
    TaskId first = 0;
    std::uint64_t first_block = 0, blocks = 0;
    std::vector<std::size_t> strengths;  ///< indices of strengths_
    std::size_t sources = 0;
  };
  struct Place {
    const Stage* stage;
    std::uint64_t block;
    bool shared;           ///< toys of the alternative
    std::size_t strength;  ///< else: position in stage->strengths
    bool last;             ///< of its block
  };

  bool has_alternative() const { return options_.goal == ToyGoal::hypotheses || options_.goal == ToyGoal::limit; }
  void begin_stage(const std::vector<double>& strengths, std::uint64_t first_block, std::uint64_t blocks);
  void add_strength(double poi);
  std::vector<double> first_strengths();
  Place find(TaskId id) const;
  ToyRequest request(TaskId id) const;
  void settle();
  void account(TaskId id, const std::vector<double>& values);
  void block_complete(const Place& place);
  void stage_complete();
  std::optional<double> next_strength(const std::vector<LimitPoint>& points) const;
  bool precise() const;
  std::vector<const Strength*> sorted() const;
  std::vector<LimitPoint> limit_points() const;
  void collect(std::size_t strength, std::vector<double>& signal, std::vector<double>& background) const;
  void reset();

  ToyEnsembleOptions options_;
  std::unique_ptr<ToyModel> model_;
  std::unique_ptr<TestStatistic> statistic_;
  std::optional<AsymptoticDiscovery> asymptotic_discovery_;
  std::optional<AsymptoticLimit> asymptotic_limit_;
  std::map<double, std::size_t> by_poi_;
  std::vector<Strength> strengths_;
  std::vector<Stage> stages_;
  bool last_stage_ = false;
  std::map<TaskId, PackedNumbers> told_;
  Slice slice_;
  TaskId next_ = 0, settled_ = 0, end_ = no_end;
};

}  // namespace umbra
