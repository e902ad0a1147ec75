// A function known by its values alone has the minimum and the derivatives that calculus says.

#include "src/statistics/numerical_objective.h"

#include <cmath>

#include "src/base/random.h"
#include "src/statistics/minimiser.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

// -ln L of a Poisson number in each of two bins, n = 9 and 30: x0 + x1 and 3 x1 are expected.
double nll(std::span<const double> x, std::span<double> g) {
  const double a = x[0] + x[1], b = 3 * x[1];
  if (!(a > 0) || !(b > 0)) return std::numeric_limits<double>::infinity();
  if (!g.empty()) {
    g[0] = 1 - 9 / a;
    g[1] = 1 - 9 / a + 3 - 90 / b;
  }
  return a - 9 * std::log(a) + b - 30 * std::log(b);
}

const std::vector<NumericalScale> scales = {{-5, 100, 2}, {1e-3, 100, 1}};

FitResult fit(bool with_gradient, std::vector<double> start, std::vector<double> low = {-5, 1e-3}, std::vector<double> high = {100, 100}) {
  NumericalObjective f(scales, with_gradient, nll);
  const std::vector<unsigned char> varied = {low[0] < high[0], low[1] < high[1]};
  f.begin(varied);
  Minimiser minimiser(2);
  FitResult result;
  result.x = std::move(start);
  minimiser.minimise(f, low, high, {}, result);
  return result;
}

}  // namespace

TEST_CASE("numerical derivatives are those of the function, at the ends of its domain too") {
  for (const bool with_gradient : {false, true}) {
    NumericalObjective f(scales, with_gradient, nll);
    for (const std::vector<double>& x : {std::vector<double>{3, 8}, {0.5, 11}, {-5, 9}, {100, 2}}) {
      f.begin(std::vector<unsigned char>{1, 1});
      f.evaluate(x);
      // Second derivatives at an end of the domain are those a twentieth of a scale further in.
      const double tolerance = x[0] == -5 ? 0.1 : 0.01;
      std::vector<double> g(2), out(2);
      nll(x, g);
      CHECK(f.gradient()[0] == Approx(g[0]).margin(1e-5));
      CHECK(f.gradient()[1] == Approx(g[1]).margin(1e-5));
      const double a = x[0] + x[1], h00 = 9 / (a * a), h11 = h00 + 30 / (x[1] * x[1]);
      f.hessian_times(std::vector<double>{1, 0}, out);
      CHECK(out[0] == Approx(h00).epsilon(tolerance));
      CHECK(out[1] == Approx(h00).epsilon(tolerance));
      f.hessian_times(std::vector<double>{0, 1}, out);
      CHECK(out[1] == Approx(h11).epsilon(tolerance));
    }
  }
}

TEST_CASE("fits of values alone end where the minimum is, from anywhere, within bounds") {
  RandomStream stream(1, Purpose::test, 4);
  for (const bool with_gradient : {false, true}) {
    for (int i = 0; i < 50; ++i) {
      const FitResult free = fit(with_gradient, {stream.uniform(-1, 60), stream.uniform(1, 60)});
      REQUIRE(free.status == FitStatus::converged);
      CHECK(free.x[0] == Approx(-1).margin(2e-4));
      CHECK(free.x[1] == Approx(10).margin(2e-4));
      CHECK(free.evaluations < 40);
    }
    // Held at 2: 9/(2+b) + 30/b = 4 has the positive root b = (31 + sqrt(31^2 + 4*4*60)) / 8.
    const FitResult held = fit(with_gradient, {2, 3}, {2, 1e-3}, {2, 100});
    REQUIRE(held.status == FitStatus::converged);
    CHECK(held.x[0] == 2);
    CHECK(held.x[1] == Approx((31 + std::sqrt(31.0 * 31 + 960)) / 8).margin(2e-4));
    // The bound is in the way of the minimum.
    const FitResult bounded = fit(with_gradient, {3, 3}, {0, 1e-3}, {100, 100});
    REQUIRE(bounded.status == FitStatus::converged);
    CHECK(bounded.x[0] == 0);
    CHECK(bounded.x[1] == Approx(9.75).margin(2e-4));
  }
}

TEST_CASE("a fit knows nothing of the fits before it") {
  NumericalObjective f(scales, false, nll);
  Minimiser minimiser(2);
  const std::vector<double> low = {-5, 1e-3}, high = {100, 100};
  std::vector<double> first;
  for (int i = 0; i < 2; ++i) {
    f.begin(std::vector<unsigned char>{1, 1});
    FitResult result;
    result.x = {5, 5};
    minimiser.minimise(f, low, high, {}, result);
    if (i == 0) first = result.x;
    CHECK(result.x == first);
    FitResult other;
    other.x = {60, 1};
    minimiser.minimise(f, low, high, {}, other);
  }
}
