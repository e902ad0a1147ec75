#include "src/space/priors/continuous.h"
#include "src/space/priors/normal_distribution.h"

namespace umbra {
namespace {

class Normal : public ContinuousPrior<NormalDistribution> {
 public:
  struct Options {
    double mean = 0.0, sigma = 1.0;
    std::optional<Range> range;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("mean", &Options::mean, "mean before truncation", required())
        .add("sigma", &Options::sigma, "standard deviation before truncation", required(above(0)))
        .add("range", &Options::range, "what is kept, all if not given");
  }
  explicit Normal(const Options& o) : ContinuousPrior({o.mean, o.sigma}, o.range) {}
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Normal>("normal", "Normal distribution, whole or within a range");

}  // namespace
}  // namespace umbra
