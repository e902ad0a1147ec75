#include "src/space/normal.h"

#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace umbra {
namespace {

using Fast = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
constexpr double sqrt2 = std::numbers::sqrt2;

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / sqrt2); }

double normal_quantile(double p) {
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  return -sqrt2 * boost::math::erfc_inv(2.0 * p, Fast{});
}

double log_normal_cdf(double z) {
  if (z > 0) return std::log1p(-0.5 * std::erfc(z / sqrt2));
  if (!(z < -30)) return std::log(normal_cdf(z));
  // erfc underflows: the asymptotic series of Mills' ratio (Abramowitz and Stegun 26.2.12).
  const double w = 1.0 / (z * z);
  const double series = -w * (1.0 - 3.0 * w * (1.0 - 5.0 * w * (1.0 - 7.0 * w)));
  return -0.5 * z * z - std::log(-z) - 0.5 * std::log(2.0 * std::numbers::pi) + std::log1p(series);
}

}  // namespace umbra
