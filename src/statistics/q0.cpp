// q0 = -2 ln lambda(0) for mu-hat > 0, else 0: the discovery of a positive signal. Eq. 12 of arXiv:1007.1727.

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class DiscoveryStatistic final : public TestStatistic {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit DiscoveryStatistic(Options) {}

  double value(Profile& profile, double) const override { return profile.twice_ratio(0.0, free_range(profile.model(), 0.0)); }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::discovery; }
  double tested(double) const override { return 0.0; }
  double alternative(double poi) const override { return poi; }
  Reach reach() const override { return {.above_bound = true}; }
};

const bool registered = TestStatisticRegistry::instance().add<DiscoveryStatistic>("q0", "discovery of a positive signal", "arXiv:1007.1727");

}  // namespace

}  // namespace umbra
