#include "src/samplers/nested/evidence.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace umbra;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

/// A perfect run where the prior volume inside the contour L is exp(-L): ln L = -ln X, so Z = integral of 1/X^(power) ...
std::vector<NestedPoint> perfect_run(std::size_t live, std::uint64_t seed, double (*log_likelihood)(double log_x)) {
  RandomStream stream(seed, Purpose::test, 0);
  std::vector<std::pair<double, double>> alive;  // ln X, birth
  for (std::size_t i = 0; i < live; ++i) alive.emplace_back(std::log(stream.uniform()), -inf);
  std::vector<NestedPoint> points;
  for (std::size_t step = 0; step < 12 * live; ++step) {
    auto lowest = std::max_element(alive.begin(), alive.end());
    points.push_back({step, log_likelihood(lowest->first), lowest->second});
    *lowest = {lowest->first + std::log(stream.uniform()), points.back().log_likelihood};
  }
  for (const auto& [x, birth] : alive) points.push_back({points.size(), log_likelihood(x), birth});
  return points;
}
/// L = exp(-X / 0.01) / 0.01: Z = 1 - exp(-100).
double peak(double log_x) { return -std::exp(log_x) / 0.01 - std::log(0.01); }
}  // namespace

TEST_CASE("weights of a perfect run give its evidence with the error that they claim") {
  constexpr int runs = 400;
  double pull = 0.0, square = 0.0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const NestedWeights w = weigh(perfect_run(50, seed, peak), RandomStream(seed, Purpose::simulate, 0));
    const double p = w.ln_evidence / w.ln_evidence_error;
    pull += p / runs, square += p * p / runs;
    double sum = 0.0;
    for (const double lw : w.log_weight) sum += std::exp(lw);
    CHECK(sum == Approx(1.0));
  }
  CHECK(std::abs(pull) < 3.5 / std::sqrt(runs));
  CHECK(std::sqrt(square) == Approx(1.0).margin(0.12));
}

TEST_CASE("runs are merged by putting their points together") {
  std::vector<NestedPoint> merged;
  double error = 0.0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto points = perfect_run(50, seed, peak);
    error += weigh(points, RandomStream(seed, Purpose::simulate, 0)).ln_evidence_error / 4;
    merged.insert(merged.end(), points.begin(), points.end());
  }
  const NestedWeights w = weigh(merged, RandomStream(9, Purpose::simulate, 0));
  CHECK(w.ln_evidence_error == Approx(error / 2).epsilon(0.25));
  CHECK(std::abs(w.ln_evidence) < 3.5 * w.ln_evidence_error);
}

TEST_CASE("points of one likelihood die without being replaced") {
  // Ten draws from the prior, six on a plateau: the volume above it is 0.4 on average, whatever comes later.
  std::vector<NestedPoint> points;
  for (TaskId i = 0; i < 10; ++i) points.push_back({i, i < 6 ? 1.0 : 2.0 + static_cast<double>(i), -inf});
  for (TaskId i = 10; i < 16; ++i) points.push_back({i, 20.0 + static_cast<double>(i), 1.0});
  const NestedWeights w = weigh(points, RandomStream(1, Purpose::simulate, 0));
  const double expected = -(1.0 / 10 + 1.0 / 9 + 1.0 / 8 + 1.0 / 7 + 1.0 / 6 + 1.0 / 5);
  CHECK(w.log_volume[5] == Approx(expected));
  CHECK(w.log_volume[6] == Approx(expected - 1.0 / 10));  // replaced to ten
  const NestedWeights one = weigh(std::vector<NestedPoint>{{0, 3.0, -inf}}, RandomStream(1, Purpose::simulate, 0));
  CHECK(one.ln_evidence == Approx(3.0));
  CHECK(weigh({}, RandomStream(1, Purpose::simulate, 0)).ln_evidence == -inf);
}

TEST_CASE("insertion ranks tell uniform from crowded") {
  InsertionRanks uniform, crowded;
  RandomStream stream(3, Purpose::test, 0);
  CHECK(uniform.p_value() == 1.0);
  for (int i = 0; i < 20000; ++i) {
    uniform.add(stream.uniform());
    crowded.add(std::pow(stream.uniform(), 0.95));
  }
  CHECK(uniform.p_value() > 0.001);
  CHECK(crowded.p_value() < 1e-6);
}
