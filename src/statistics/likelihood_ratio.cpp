// -2 ln L(mu) / L(0), for two simple hypotheses (Neyman and Pearson), nuisance parameters fitted in each or at their initial values in both.

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class SimpleRatioStatistic final : public TestStatistic {
 public:
  struct Options {
    std::string nuisance = "fitted";
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("nuisance", &Options::nuisance, "nuisance parameters fitted in each hypothesis, or initial in both",
                                    one_of({"fitted", "initial"}));
  }
  explicit SimpleRatioStatistic(Options options) : fitted_(options.nuisance == "fitted") {}

  double value(Profile& profile, double poi) const override {
    if (fitted_) {
      const double background = profile.fixed(0.0).value;
      return 2 * (profile.fixed(poi).value - background);
    }
    ToyModel& model = profile.model();
    std::vector<double> x(model.initial().begin(), model.initial().end());
    x[model.poi()] = poi;
    const double signal = model.nll(x);
    x[model.poi()] = 0;
    return 2 * (signal - model.nll(x));
  }
  bool suits(ToyGoal goal) const override { return goal == ToyGoal::hypotheses || goal == ToyGoal::limit; }

 private:
  bool fitted_;
};

const bool registered = TestStatisticRegistry::instance().add<SimpleRatioStatistic>("likelihood_ratio", "ratio of two simple hypotheses, mu and 0");

}  // namespace

}  // namespace umbra
