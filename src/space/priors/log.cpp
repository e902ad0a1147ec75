#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/options.h"
#include "src/space/prior.h"

namespace umbra {
namespace {

class Log : public Prior {
 public:
  struct Options {
    Range range;
  };
  static OptionSet<Options> options() { return OptionSet<Options>().add("range", &Options::range, "lower and upper end, both above 0", required()); }

  explicit Log(const Options& o) : low_(o.range.low), high_(o.range.high) {
    VALIDATE(low_ > 0, "the range [{}, {}] reaches zero or below (a logarithm does not), start it above 0 or use symmetric_log", low_, high_);
    log_low_ = std::log(low_);
    width_ = std::log(high_) - log_low_;
  }

  double quantile(double u) const override { return std::clamp(std::exp(log_low_ + u * width_), low_, high_); }
  double cdf(double theta) const override { return theta <= low_ ? 0.0 : std::min((std::log(theta) - log_low_) / width_, 1.0); }
  double log_density(double theta) const override {
    return theta >= low_ && theta <= high_ ? -std::log(theta) - std::log(width_) : -std::numeric_limits<double>::infinity();
  }

  double length() const override { return width_; }

 private:
  double low_, high_, log_low_, width_;
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Log>("log", "Uniform in the logarithm, over a positive range");

}  // namespace
}  // namespace umbra
