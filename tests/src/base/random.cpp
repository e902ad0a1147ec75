#include "src/base/random.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("streams of different ids, purposes and seeds differ; the same one repeats") {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed : {1, 2})
    for (auto purpose : {Purpose::propose, Purpose::toy})
      for (std::uint64_t id : {0, 1, 2})
        for (std::uint64_t sub : {0, 1}) first.insert(RandomStream(seed, purpose, id, sub)());
  CHECK(first.size() == 24);
  CHECK(RandomStream(1, Purpose::toy, 5)() == RandomStream(1, Purpose::toy, 5)());
}

TEST_CASE("uniform numbers are in the open interval with the right moments") {
  RandomStream s(7, Purpose::test, 0);
  const int n = 200000;
  double sum = 0, sum2 = 0;
  for (int i = 0; i < n; ++i) {
    const double x = s.uniform();
    REQUIRE(x > 0.0);
    REQUIRE(x < 1.0);
    sum += x;
    sum2 += x * x;
  }
  CHECK(std::abs(sum / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(sum2 / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
}

TEST_CASE("normal numbers have the right first four moments") {
  RandomStream s(8, Purpose::test, 0);
  const int n = 200000;
  double m[5] = {};
  for (int i = 0; i < n; ++i) {
    const double x = s.normal();
    for (int k = 1; k <= 4; ++k) m[k] += std::pow(x, k) / n;
  }
  CHECK(std::abs(m[1]) < 4 * std::sqrt(1.0 / n));
  CHECK(std::abs(m[2] - 1) < 4 * std::sqrt(2.0 / n));
  CHECK(std::abs(m[3]) < 4 * std::sqrt(15.0 / n));
  CHECK(std::abs(m[4] - 3) < 4 * std::sqrt(96.0 / n));
}

TEST_CASE("index is uniform over its range") {
  RandomStream s(9, Purpose::test, 0);
  std::vector<int> counts(7);
  const int n = 70000;
  for (int i = 0; i < n; ++i) ++counts.at(s.index(7));
  double chi2 = 0;
  for (int c : counts) chi2 += (c - 10000.0) * (c - 10000.0) / 10000.0;
  CHECK(chi2 < 22.5);  // 6 degrees of freedom: p = 1e-3
}
