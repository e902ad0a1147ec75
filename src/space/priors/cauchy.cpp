#include <numbers>

#include "src/space/priors/continuous.h"

namespace umbra {
namespace {

struct CauchyDistribution {
  double location, scale;

  // atan(1 / x) and 1 / tan keep the tails that 1/2 + atan(x) / pi and tan would lose.
  static double tail(double z) { return z < -1 ? std::atan(-1.0 / z) / std::numbers::pi : 0.5 + std::atan(z) / std::numbers::pi; }
  static double from_tail(double p) {
    if (p < 0.25) return -1.0 / std::tan(std::numbers::pi * p);
    return p > 0.75 ? 1.0 / std::tan(std::numbers::pi * (1.0 - p)) : std::tan(std::numbers::pi * (p - 0.5));
  }

  double lower(double x) const { return tail((x - location) / scale); }
  double upper(double x) const { return tail((location - x) / scale); }
  double from_lower(double p) const { return location + scale * from_tail(p); }
  double from_upper(double p) const { return location - scale * from_tail(p); }
  double log_density(double x) const {
    const double z = (x - location) / scale;
    return -std::log1p(z * z) - std::log(std::numbers::pi * scale);
  }
};

class Cauchy : public ContinuousPrior<CauchyDistribution> {
 public:
  struct Options {
    double location = 0.0, scale = 1.0;
    std::optional<Range> range;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("location", &Options::location, "median", required())
        .add("scale", &Options::scale, "half width at half maximum", required(above(0)))
        .add("range", &Options::range, "what is kept, all if not given");
  }
  explicit Cauchy(const Options& o) : ContinuousPrior({o.location, o.scale}, o.range) {}
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Cauchy>("cauchy", "Cauchy (Breit-Wigner) distribution");

}  // namespace
}  // namespace umbra
