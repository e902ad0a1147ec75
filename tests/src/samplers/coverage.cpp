#include <set>

#include "src/base/error.h"
#include "src/samplers/permutation.h"
#include "tests/src/samplers/drive.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

std::vector<std::vector<double>> points(const std::string& type, std::size_t dim, std::size_t n, std::uint64_t seed, std::vector<Config::Item> options = {}, std::vector<bool> periodic = {}) {
  const auto sampler = make(type, {dim, periodic, seed, n}, std::move(options));
  std::vector<std::vector<double>> u;
  for (const Task& t : sampler->ask(n)) u.emplace_back(doubles(t.payload).begin(), doubles(t.payload).end());
  return u;
}

Config list(std::vector<Config> numbers) { return Config::list(std::move(numbers)); }

}  // namespace

TEST_CASE("a keyed permutation is one, for any size, and depends on its key") {
  for (std::uint64_t n : {1, 2, 3, 17, 64, 1000}) {
    RandomStream stream(3, Purpose::test, n);
    const KeyedPermutation p(n, stream);
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < n; ++i) {
      CHECK(p(i) < n);
      seen.insert(p(i));
    }
    CHECK(seen.size() == n);
  }
  // each of the 24 permutations of 4 elements is about as frequent as any other
  std::map<std::vector<std::uint64_t>, int> counts;
  for (std::uint64_t key = 0; key < 24000; ++key) {
    RandomStream stream(4, Purpose::test, key);
    const KeyedPermutation p(4, stream);
    ++counts[{p(0), p(1), p(2), p(3)}];
  }
  double chi2 = 0.0;
  for (const auto& [permutation, count] : counts) chi2 += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(counts.size() == 24);
  CHECK(chi2 < 49.7);  // 23 degrees of freedom: p = 1e-3
}

TEST_CASE("a Latin hypercube has one point in every slice of every parameter") {
  const auto u = points("latin_hypercube", 5, 137, 1);
  REQUIRE(u.size() == 137);
  for (std::size_t d = 0; d < 5; ++d) {
    std::set<int> slices;
    for (const auto& p : u) slices.insert(static_cast<int>(p[d] * 137));
    CHECK(slices.size() == 137);
  }
  CHECK_THROWS_AS(make("latin_hypercube", {2, {}, 1}), UserError);
}

TEST_CASE("every block of 2^m Sobol points is evenly spread, scrambled or not, and each point is uniform") {
  for (const char* scramble : {"true", "false"}) {
    const auto u = points("sobol", 6, 1024, 9, {{"scramble", Config(scramble), {}}});
    for (std::size_t block = 0; block < 1024; block += 64)
      for (std::size_t d = 0; d < 6; ++d) {
        std::set<int> slices;
        for (std::size_t i = 0; i < 64; ++i) slices.insert(static_cast<int>(u[block + i][d] * 64));
        CHECK(slices.size() == 64);
      }
    // the first two dimensions are a (0, m, 2) net: one point in each of 8 x 8 squares
    std::set<int> squares;
    for (std::size_t i = 0; i < 64; ++i) squares.insert(static_cast<int>(u[i][0] * 8) * 8 + static_cast<int>(u[i][1] * 8));
    CHECK(squares.size() == 64);
  }
  double sum = 0.0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) sum += points("sobol", 4, 6, seed)[5][3] / 1000;
  CHECK(std::abs(sum - 0.5) < 4 * std::sqrt(1.0 / 12 / 1000));
}

TEST_CASE("Sobol points integrate a smooth function far better than random ones") {
  const auto error = [](const std::string& type) {
    double worst = 0.0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      double mean = 0.0;
      for (const auto& u : points(type, 10, 4096, seed)) {
        double product = 1.0;
        for (double x : u) product *= 1.0 + 0.3 * (x - 0.5);
        mean += product / 4096;
      }
      worst = std::max(worst, std::abs(mean - 1.0));
    }
    return worst;
  };
  CHECK(error("sobol") < 0.05 * error("random"));
}

TEST_CASE("a grid has the points that were asked for, and ends") {
  const auto u = points("grid", 2, 100, 1, {{"points_each", list({"2", "3"}), {}}, {"at", Config("edges"), {}}});
  CHECK(u == std::vector<std::vector<double>>{{0, 0}, {0, 0.5}, {0, 1}, {1, 0}, {1, 0.5}, {1, 1}});
  CHECK(points("grid", 2, 100, 1, {{"points", Config("2"), {}}}) == std::vector<std::vector<double>>{{0.25, 0.25}, {0.25, 0.75}, {0.75, 0.25}, {0.75, 0.75}});
  CHECK(points("grid", 1, 9, 1, {{"points", Config("4"), {}}, {"at", Config("edges"), {}}}, {true}) == std::vector<std::vector<double>>{{0}, {0.25}, {0.5}, {0.75}});
  CHECK(points("grid", 3, 1000, 1).size() == 1000);
  CHECK_THROWS_AS(make("grid", {2, {}, 1, 100}, {{"points_each", list({"2"}), {}}}), UserError);
  CHECK_THROWS_AS(make("grid", {2, {}, 1, 100}, {{"points_each", list({"2", "0.5"}), {}}}), UserError);
  CHECK_THROWS_AS(make("grid", {40, {}, 1, 100}, {{"points", Config("10"), {}}}), UserError);
}
