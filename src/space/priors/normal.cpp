#include "src/space/priors/continuous.h"
#include "src/space/priors/normal_distribution.h"

namespace umbra {
namespace {

class Normal : public ContinuousPrior<NormalDistribution> {
 public:
  struct Options {
    double mean = 0.0, sigma = 1.0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("mean", &Options::mean, "mean", required()).add("sigma", &Options::sigma, "standard deviation", required(above(0)));
  }
  explicit Normal(const Options& o) : ContinuousPrior({o.mean, o.sigma}, {}) {}
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Normal>("normal", "Normal distribution");

}  // namespace
}  // namespace umbra
