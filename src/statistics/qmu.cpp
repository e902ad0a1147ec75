// q(mu) = -2 ln lambda(mu), 0 where mu-hat > mu: upper limits. Eq. 14 of arXiv:1007.1727. The free fit may go below 0 as far as rates stay positive.

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class LimitStatistic final : public TestStatistic {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit LimitStatistic(Options) {}

  double value(Profile& profile, double poi) const override {
    const double q = profile.twice_ratio(poi, free_range(profile.model(), poi));
    return profile.poi_hat() > poi ? 0.0 : q;
  }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::hypotheses || goal == ToyGoal::limit; }
  Reach reach() const override { return {.below_zero = true}; }
};

const bool registered =
    TestStatisticRegistry::instance().add<LimitStatistic>("qmu", "upper limits, signal strength may fit below 0", "arXiv:1007.1727");

}  // namespace

}  // namespace umbra
