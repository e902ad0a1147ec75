// t(mu) = -2 ln lambda(mu): two-sided intervals. Eq. 8 of arXiv:1007.1727. The free fit may go below 0 as far as rates stay positive.

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class IntervalStatistic final : public TestStatistic {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit IntervalStatistic(Options) {}

  double value(Profile& profile, double poi) const override { return profile.twice_ratio(poi, free_range(profile.model(), poi)); }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::hypotheses || goal == ToyGoal::interval; }
  Reach reach() const override { return {.below_zero = true, .above_bound = true}; }
};

const bool registered =
    TestStatisticRegistry::instance().add<IntervalStatistic>("tmu", "two-sided intervals, signal strength may fit below 0", "arXiv:1007.1727");

}  // namespace

}  // namespace umbra
