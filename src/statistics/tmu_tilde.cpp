// t-tilde(mu): -2 ln of L(mu) over the largest L with 0 <= mu-hat: two-sided (Feldman-Cousins) intervals on a signal that cannot be negative.
// Eq. 11 of arXiv:1007.1727.

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class BoundedIntervalStatistic final : public TestStatistic {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit BoundedIntervalStatistic(Options) {}

  double value(Profile& profile, double poi) const override { return profile.twice_ratio(poi, free_range(profile.model(), poi)); }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::hypotheses || goal == ToyGoal::interval; }
  Reach reach() const override { return {.above_bound = true}; }
};

const bool registered = TestStatisticRegistry::instance().add<BoundedIntervalStatistic>(
    "tmu_tilde", "two-sided intervals, signal strength at least 0", "arXiv:1007.1727");

}  // namespace

}  // namespace umbra
