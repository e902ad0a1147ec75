// q-tilde(mu) = -2 ln of L(mu) over the largest L with 0 <= mu-hat, 0 where mu-hat > mu: upper limits on a signal that cannot be negative.
// Eq. 16 of arXiv:1007.1727.

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class BoundedLimitStatistic final : public TestStatistic {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit BoundedLimitStatistic(Options) {}

  double value(Profile& profile, double poi) const override {
    const double q = profile.twice_ratio(poi, free_range(profile.model(), poi));
    return profile.poi_hat() > poi ? 0.0 : q;
  }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::hypotheses || goal == ToyGoal::limit; }
};

const bool registered =
    TestStatisticRegistry::instance().add<BoundedLimitStatistic>("qmu_tilde", "upper limits, signal strength at least 0", "arXiv:1007.1727");

}  // namespace

}  // namespace umbra
