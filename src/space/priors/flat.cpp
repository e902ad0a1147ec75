#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/options.h"
#include "src/space/prior.h"

namespace umbra {
namespace {

class Flat : public Prior {
 public:
  struct Options {
    Range range;
  };
  static OptionSet<Options> options() { return OptionSet<Options>().add("range", &Options::range, "lower and upper end", required()); }

  explicit Flat(const Options& o) : low_(o.range.low), high_(o.range.high), width_(high_ - low_), log_density_(-std::log(width_)) {
    VALIDATE(std::isfinite(width_), "the range [{}, {}] is wider than the largest number, narrow it or use symmetric_log", low_, high_);
  }

  double quantile(double u) const override { return std::min(low_ + u * width_, high_); }
  double cdf(double theta) const override { return std::clamp((theta - low_) / width_, 0.0, 1.0); }
  double log_density(double theta) const override {
    return theta >= low_ && theta <= high_ ? log_density_ : -std::numeric_limits<double>::infinity();
  }

  double length() const override { return width_; }

 private:
  double low_, high_, width_, log_density_;
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Flat>("flat", "Uniform over a range");

}  // namespace
}  // namespace umbra
