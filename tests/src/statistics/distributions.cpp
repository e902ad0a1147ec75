#include "src/statistics/distributions.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("normal tails and significances belong together, far out too") {
  CHECK(normal_tail(0) == 0.5);
  CHECK(normal_tail(5) == Approx(2.866515718791933e-7).epsilon(1e-12));
  for (const double z : {-3.0, 0.0, 1.0, 5.0, 12.0}) CHECK(significance(normal_tail(z)) == Approx(z).margin(1e-12).epsilon(1e-9));
  CHECK(std::isinf(significance(0)));
}

TEST_CASE("Clopper-Pearson intervals cover every fraction") {
  CHECK(clopper_pearson(0, 0).low == 0);
  CHECK(clopper_pearson(0, 0).high == 1);
  CHECK(clopper_pearson(0, 10).high == Approx(1 - std::pow((1 - one_sigma) / 2, 0.1)));
  const int n = 30;
  for (double p = 0.01; p < 1; p += 0.0177) {
    double covered = 0;
    for (int k = 0; k <= n; ++k) {
      const Interval i = clopper_pearson(static_cast<std::uint64_t>(k), n);
      if (i.low <= p && p <= i.high)
        covered += std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) + k * std::log(p) + (n - k) * std::log1p(-p));
    }
    CHECK(covered >= one_sigma);
    CHECK(covered < 0.97);
  }
}

TEST_CASE("a root is found to the precision asked for") {
  CHECK(find_root([](double x) { return x * x - 2; }, 0, 5) == Approx(std::sqrt(2.0)).epsilon(1e-9));
  CHECK(find_root([](double x) { return 1 - x; }, 0, 1) == 1);
}
