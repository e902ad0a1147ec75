#include "src/space/priors/continuous.h"

namespace umbra {
namespace {

struct ExponentialDistribution {
  double mean;

  double lower(double x) const { return x <= 0 ? 0.0 : -std::expm1(-x / mean); }
  double upper(double x) const { return x <= 0 ? 1.0 : std::exp(-x / mean); }
  double from_lower(double p) const { return -mean * std::log1p(-p); }
  double from_upper(double p) const { return -mean * std::log(p); }
  double log_density(double x) const { return x < 0 ? -std::numeric_limits<double>::infinity() : -x / mean - std::log(mean); }
};

class Exponential : public ContinuousPrior<ExponentialDistribution> {
 public:
  struct Options {
    double mean = 1.0;
    std::optional<Range> range;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("mean", &Options::mean, "mean before truncation", required(above(0)))
        .add("range", &Options::range, "what is kept, all above 0 if not given");
  }
  explicit Exponential(const Options& o) : ContinuousPrior({o.mean}, o.range) {}
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Exponential>("exponential", "Exponential distribution above zero");

}  // namespace
}  // namespace umbra
