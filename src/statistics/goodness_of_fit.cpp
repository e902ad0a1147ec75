// -2 ln of the largest L with the parameter of interest fixed over L of the saturated model (Baker and Cousins, doi:10.1016/0167-5087(84)90016-4):
// whether the model describes the data at all.

#include <algorithm>

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class SaturatedStatistic final : public TestStatistic {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit SaturatedStatistic(Options) {}

  double value(Profile& profile, double poi) const override {
    const double best = profile.model().poi() == ToyModel::none ? profile.free({}).value : profile.fixed(poi).value;
    return std::max(2 * (best - profile.model().saturated()), 0.0);
  }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::fit || goal == ToyGoal::hypotheses; }
};

const bool registered = TestStatisticRegistry::instance().add<SaturatedStatistic>("saturated", "goodness of fit against the saturated model",
                                                                                  "doi:10.1016/0167-5087(84)90016-4");

}  // namespace

}  // namespace umbra
