#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "src/base/error.h"
#include "src/base/options.h"
#include "src/space/prior.h"

namespace umbra {
namespace {

// Each value owns an interval of u. cdf() gives the middle of the interval of the nearest value, so that quantile(cdf(x)) is x.
class Discrete : public Prior {
 public:
  struct Options {
    std::vector<double> values, weights;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("values", &Options::values, "the values, in any order", required())
        .add("weights", &Options::weights, "their relative probabilities, equal if not given", above(0));
  }

  explicit Discrete(const Options& o) {
    VALIDATE(!o.values.empty(), "'values' is empty (there is nothing to draw), list at least one");
    VALIDATE(o.weights.empty() || o.weights.size() == o.values.size(), "there are {} weights for {} values, give one each or none", o.weights.size(),
             o.values.size());
    std::map<double, double> sorted;
    double total = 0;
    for (std::size_t i = 0; i < o.values.size(); ++i) {
      const double weight = o.weights.empty() ? 1.0 : o.weights[i];
      VALIDATE(std::isfinite(o.values[i]) && std::isfinite(weight), "values and weights must be finite");
      VALIDATE(sorted.emplace(o.values[i], weight).second, "the value {} is listed twice, list it once with the sum of its weights", o.values[i]);
      total += weight;
    }
    VALIDATE(std::isfinite(total), "the sum of the weights is beyond the largest number, make them smaller");
    double sum = 0;
    for (const auto& [value, weight] : sorted) {
      values_.push_back(value);
      weights_.push_back(weight / total);
      ends_.push_back((sum += weight) / total);
    }
  }

  double quantile(double u) const override {
    const auto i = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), u) - ends_.begin());
    return values_[std::min(i, values_.size() - 1)];
  }
  double cdf(double theta) const override {
    const std::size_t i = nearest(theta);
    return ends_[i] - 0.5 * weights_[i];
  }
  double log_density(double theta) const override {
    const std::size_t i = nearest(theta);
    return values_[i] == theta ? std::log(weights_[i]) : -std::numeric_limits<double>::infinity();
  }

 private:
  std::size_t nearest(double theta) const {
    const auto above = std::lower_bound(values_.begin(), values_.end(), theta);
    if (above == values_.end()) return values_.size() - 1;
    if (above == values_.begin() || *above - theta < theta - *(above - 1)) return static_cast<std::size_t>(above - values_.begin());
    return static_cast<std::size_t>(above - values_.begin()) - 1;
  }

  std::vector<double> values_, weights_, ends_;
};

[[maybe_unused]] const bool added = PriorRegistry::instance().add<Discrete>("discrete", "A list of values, with equal or given probabilities");

}  // namespace
}  // namespace umbra
