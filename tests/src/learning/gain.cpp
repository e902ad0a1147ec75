// What choosing points by a committee saves, on boundaries that are known. gain = N_random / N_active at equal accuracy, start points counted in both.

#include <cmath>

#include "tests/src/learning/toy_learning.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

/// At the accuracy that random sampling has at its end, as the mean of its last steps.
double gain(const Toy& toy) {
  const auto random = curve(toy, false), active = curve(toy, true);
  double accuracy = 0.0;
  for (std::size_t i = random.size() - 3; i < random.size(); ++i) accuracy += random[i].classes.accuracy / 3;
  const double n = static_cast<double>(random[random.size() - 2].evaluations), needed = evaluations_to(active, accuracy);
  CAPTURE(accuracy, needed, active.back().classes.accuracy);
  CHECK(needed <= n);
  return n / needed;
}

Toy boundary(std::size_t dim, Truth truth, std::uint64_t start, std::uint64_t batch, std::uint64_t batches, std::vector<Config::Item> members) {
  Toy toy;
  toy.dim = dim;
  toy.options = {.start = start, .batch = batch, .batches = batches, .lag = 1, .slice = 5000, .test = 10000};
  toy.candidates = 10000;
  toy.committee = std::move(members);
  toy.truth = std::move(truth);
  return toy;
}

std::vector<Config::Item> forest(double trees) { return committee("forest", {{"trees", trees, {}}, {"features", 1.0, {}}}); }

Truth checkerboard() {
  return [](std::span<const double> u) {
    int sum = 0;
    for (const double x : u) sum += static_cast<int>(x * 3.0);
    return sum % 2 == 0 ? 1.0 : 0.0;
  };
}

/// A large ball and a small one far from it.
Truth two_regions() {
  return [](std::span<const double> u) {
    double a = 0.0, b = 0.0;
    for (const double x : u) {
      a += (x - 0.3) * (x - 0.3);
      b += (x - 0.8) * (x - 0.8);
    }
    return a < 0.25 * 0.25 || b < 0.12 * 0.12 ? 1.0 : 0.0;
  };
}

}  // namespace

TEST_CASE("choosing by a committee saves points on a checkerboard in 3-D") { CHECK(gain(boundary(3, checkerboard(), 300, 100, 17, forest(30))) > 1.5); }

TEST_CASE("choosing by a committee saves points around two separated regions, and misses neither") {
  const double share = GENERATE(0.2, 0.0);
  INFO("random share " << share);
  Toy toy = boundary(3, two_regions(), 300, 100, 14, forest(30));
  toy.options.random_share = share;
  CHECK(gain(toy) > 1.5);
  ToyLearning learning(toy);
  learning.run();
  // Uniform over the small region: it knows most of it.
  std::vector<float> x;
  RandomStream stream(5, Purpose::test, 0);
  while (x.size() < 3 * 500) {
    float p[3];
    for (float& v : p) v = static_cast<float>(stream.uniform(0.68, 0.92));
    if (std::hypot(p[0] - 0.8, p[1] - 0.8, p[2] - 0.8) < 0.12) x.insert(x.end(), p, p + 3);
  }
  const VotersList& members = learning.newest_committee();
  std::vector<float> votes(500 * count_votes(members));
  predict_votes(members, x, 3, votes);
  int right = 0;
  for (std::size_t i = 0; i < 500; ++i) right += mean_vote(std::span(votes).subspan(i * count_votes(members), count_votes(members))) > 0.5;
  // Without draws at random it is found too, but less of it is known (293 of 500 against 416).
  CHECK(right > (share > 0.0 ? 400 : 200));
}

TEST_CASE("choosing by a committee saves points around a shell in 10-D", "[nightly]") {
  // Half of the cube lies beyond the radius: |u - 1/2|^2 has mean 10/12.
  const Truth shell = [](std::span<const double> u) {
    double sum = 0.0;
    for (const double x : u) sum += (x - 0.5) * (x - 0.5);
    return sum > 0.65 && sum < 1.0 ? 1.0 : 0.0;
  };
  CHECK(gain(boundary(10, shell, 1000, 500, 18, committee("networks", {{"members", 4, {}}, {"hidden", Config::list({32, 32}), {}}}))) > 1.5);
}
