#include "src/space/normal.h"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("the normal distribution agrees with Boost.Math in long double") {
  const boost::math::normal_distribution<long double> exact;
  for (double z = -37; z <= 8; z += 0.37) {
    INFO(z);
    const long double lower = cdf(exact, static_cast<long double>(z)), upper = cdf(exact, -static_cast<long double>(z));
    CHECK(normal_cdf(z) == Approx(static_cast<double>(lower)).epsilon(1e-12));
    CHECK(log_normal_cdf(z) == Approx(static_cast<double>(z < 0 ? std::log(lower) : std::log1p(-upper))).epsilon(1e-12));
  }
  for (double p : {1e-300, 1e-100, 1e-17, 1e-5, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-10})
    CHECK(normal_quantile(p) == Approx(static_cast<double>(quantile(exact, static_cast<long double>(p)))).epsilon(1e-13));
  CHECK(normal_quantile(0) == -INFINITY);
  CHECK(normal_quantile(1) == INFINITY);
}

TEST_CASE("the logarithm of the normal tail is finite far out, and smooth where the series takes over") {
  CHECK(log_normal_cdf(-1e6) == Approx(-5e11 - 14.73).epsilon(1e-12));
  CHECK(log_normal_cdf(std::nextafter(-30, -31)) == Approx(log_normal_cdf(-30)).epsilon(1e-12));
  CHECK(log_normal_cdf(-INFINITY) == -INFINITY);
  CHECK(log_normal_cdf(INFINITY) == 0);
  CHECK(std::isnan(log_normal_cdf(NAN)));
}
