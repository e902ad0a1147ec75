#include "src/statistics/distributions.h"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.h"

namespace umbra {

double normal_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double significance(double p) {
  if (std::isnan(p)) return p;
  if (p <= 0) return std::numeric_limits<double>::infinity();
  if (p >= 1) return -std::numeric_limits<double>::infinity();
  return std::numbers::sqrt2 * boost::math::erfc_inv(2 * p);
}

Interval clopper_pearson(std::uint64_t k, std::uint64_t n, double confidence) {
  EXPECT(k <= n);
  const double tail = 0.5 * (1 - confidence), hits = static_cast<double>(k), misses = static_cast<double>(n - k);
  return {k == 0 ? 0.0 : boost::math::ibeta_inv(hits, misses + 1, tail), k == n ? 1.0 : boost::math::ibetac_inv(hits + 1, misses, tail)};
}

Interval weighted_poisson(double sum, double sum_of_squares, double largest, double confidence) {
  EXPECT(sum >= 0 && sum_of_squares >= 0 && largest > 0);
  const double tail = 0.5 * (1 - confidence);
  // One more event of the largest weight could be about to come.
  const double more = sum + largest, more_squares = sum_of_squares + largest * largest;
  return {sum > 0 ? boost::math::gamma_p_inv(sum * sum / sum_of_squares, tail) * sum_of_squares / sum : 0.0,
          boost::math::gamma_q_inv(more * more / more_squares, tail) * more_squares / more};
}

double find_root(const std::function<double(double)>& f, double low, double high, double precision) {
  const double at_low = f(low), at_high = f(high);
  if (at_low == 0) return low;
  if (at_high == 0) return high;
  EXPECT((at_low < 0) != (at_high < 0));
  std::uintmax_t evaluations = 200;
  const auto close = [&](double a, double b) { return std::abs(b - a) <= precision * std::min(std::abs(a), std::abs(b)) + 1e-300; };
  const auto [a, b] = boost::math::tools::toms748_solve(f, low, high, at_low, at_high, close, evaluations);
  return 0.5 * (a + b);
}

}  // namespace umbra
