#include "src/statistics/chain_diagnostics.h"

#include <cmath>

#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {
/// Stationary chains x' = rho x + noise, of variance 1.
ChainDraws autoregressive(std::size_t chains, std::size_t steps, double rho, std::uint64_t seed) {
  ChainDraws all;
  for (std::size_t c = 0; c < chains; ++c) {
    RandomStream stream(seed, Purpose::test, c);
    std::vector<double> x(steps);
    double now = stream.normal();
    for (double& v : x) v = now = rho * now + std::sqrt(1.0 - rho * rho) * stream.normal();
    all.push_back(x);
  }
  return all;
}
}  // namespace

TEST_CASE("the effective sample size of correlated draws is their number over (1 + rho) / (1 - rho)") {
  for (const double rho : {0.0, 0.5, 0.9}) {
    const double time = (1.0 + rho) / (1.0 - rho);
    const ChainDraws draws = autoregressive(8, 4000, rho, 3);
    INFO("rho " << rho);
    CHECK(effective_sample_size(draws) == Approx(32000.0 / time).epsilon(0.12));
    CHECK(autocorrelation_time(draws) == Approx(time).epsilon(0.12));
  }
}

TEST_CASE("draws that alternate are worth more than independent ones") {
  CHECK(effective_sample_size(autoregressive(4, 4000, -0.5, 4)) > 1.5 * 16000);
}

TEST_CASE("R-hat is near one where chains agree, and not where one is elsewhere, wider, or drifts") {
  const ChainDraws good = autoregressive(4, 1000, 0.3, 5);
  CHECK(split_r_hat(good) < 1.01);
  ChainDraws moved = good, wide = good, drifting = good;
  for (double& x : moved[2]) x += 1.0;
  for (double& x : wide[1]) x *= 3.0;
  for (auto& c : drifting)
    for (std::size_t i = 0; i < c.size(); ++i) c[i] += 0.002 * static_cast<double>(i);
  CHECK(split_r_hat(moved) > 1.08);
  CHECK(split_r_hat(wide) > 1.05);
  CHECK(split_r_hat(drifting) > 1.1);
  CHECK(effective_sample_size(moved) < 0.05 * effective_sample_size(good));
}

TEST_CASE("diagnostics look at ranks: infinite variance does no harm, and neither does a constant") {
  ChainDraws cauchy = autoregressive(4, 2000, 0.0, 6);
  for (auto& c : cauchy)
    for (double& x : c) x = std::tan(3.14159265 * (0.5 * std::erfc(-x / std::sqrt(2.0)) - 0.5));
  CHECK(split_r_hat(cauchy) < 1.01);
  CHECK(effective_sample_size(cauchy) == Approx(8000.0).epsilon(0.15));
  const ChainDraws constant(3, std::vector<double>(100, 2.0));
  CHECK(split_r_hat(constant) == Approx(1.0));
  CHECK(autocorrelation_time(constant) == 1.0);
  CHECK(effective_sample_size({{1.0, 2.0}}) == 0.0);
  CHECK(std::isnan(split_r_hat({{1.0, 2.0}})));
}
