#include "src/space/priors/continuous.h"
#include "src/space/priors/normal_distribution.h"

namespace umbra {
namespace {

struct LogNormalDistribution {
  NormalDistribution log;

  double lower(double x) const { return x <= 0 ? 0.0 : log.lower(std::log(x)); }
  double upper(double x) const { return x <= 0 ? 1.0 : log.upper(std::log(x)); }
  double from_lower(double p) const { return std::exp(log.from_lower(p)); }
  double from_upper(double p) const { return std::exp(log.from_upper(p)); }
  double log_density(double x) const { return x <= 0 ? -std::numeric_limits<double>::infinity() : log.log_density(std::log(x)) - std::log(x); }
};

class LogNormal : public ContinuousPrior<LogNormalDistribution> {
 public:
  struct Options {
    double median = 1.0, sigma = 1.0;
    std::optional<Range> range;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("median", &Options::median, "median, exp of the mean of the logarithm", required(above(0)))
        .add("sigma", &Options::sigma, "standard deviation of the natural logarithm", required(above(0)))
        .add("range", &Options::range, "what is kept, all if not given");
  }
  explicit LogNormal(const Options& o) : ContinuousPrior({{std::log(o.median), o.sigma}}, o.range) {}
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<LogNormal>("log_normal", "Normal distribution of the logarithm");

}  // namespace
}  // namespace umbra
