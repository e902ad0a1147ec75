#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/options.h"
#include "src/space/prior.h"

namespace umbra {
namespace {

// Uniform in t(x) = x / w for |x| <= w, sign(x) (1 + ln(|x| / w)) beyond: t and its slope are continuous, the density is 1 / max(|x|, w).
class SymmetricLog : public Prior {
 public:
  struct Options {
    Range range;
    double linear = 0.0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("range", &Options::range, "lower and upper end, of either sign", required())
        .add("linear", &Options::linear, "half width of the zone around zero where the density is flat", required(above(0)));
  }

  explicit SymmetricLog(const Options& o) : low_(o.range.low), high_(o.range.high), zone_(o.linear), t_low_(t(low_)), width_(t(high_) - t_low_) {
    VALIDATE(std::isfinite(width_), "the range [{}, {}] cannot be measured in units of linear: {}, make 'linear' larger", low_, high_, zone_);
  }

  double quantile(double u) const override {
    const double v = t_low_ + u * width_;
    const double x = std::abs(v) <= 1.0 ? v * zone_ : std::copysign(zone_ * std::exp(std::abs(v) - 1.0), v);
    return std::clamp(x, low_, high_);
  }
  double cdf(double theta) const override { return std::clamp((t(theta) - t_low_) / width_, 0.0, 1.0); }
  double log_density(double theta) const override {
    if (!(theta >= low_ && theta <= high_)) return -std::numeric_limits<double>::infinity();
    return -std::log(std::max(std::abs(theta), zone_)) - std::log(width_);
  }

 private:
  double t(double x) const { return std::abs(x) <= zone_ ? x / zone_ : std::copysign(1.0 + std::log(std::abs(x) / zone_), x); }

  double low_, high_, zone_, t_low_, width_;
};

[[maybe_unused]] const bool added =
    PriorRegistry::instance().add<SymmetricLog>("symmetric_log", "Uniform in the logarithm on both sides of zero, flat around it");

}  // namespace
}  // namespace umbra
