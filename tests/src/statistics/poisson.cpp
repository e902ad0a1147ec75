#include "src/statistics/poisson.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("Poisson numbers have their exact probabilities, below and above the change of method") {
  for (const double mean : {0.0, 0.01, 0.7, 3.2, 9.99, 10.0, 10.5, 26.0, 140.0, 2500.0}) {
    const Poisson draw(mean);
    RandomStream stream(3, Purpose::test, static_cast<std::uint64_t>(mean * 100));
    const int n = 1000000, first = std::max(0, static_cast<int>(mean - 6 * std::sqrt(mean) - 3)),
              last = static_cast<int>(mean + 7 * std::sqrt(mean) + 8);
    std::vector<int> counts(static_cast<std::size_t>(last - first + 1));
    double sum = 0;
    bool sound = true;
    for (int i = 0; i < n; ++i) {
      const double k = draw(stream);
      sound = sound && k == std::floor(k) && k >= first && k <= last;
      if (sound) ++counts[static_cast<std::size_t>(k - first)];
      sum += k;
    }
    INFO("mean " << mean);
    REQUIRE(sound);
    CHECK(std::abs(sum / n - mean) <= 4.5 * std::sqrt(mean / n));
    // chi2 over numbers expected at least 20 times, the rest pooled.
    double chi2 = 0, pooled = 0, pooled_count = 0;
    int bins = 0;
    for (int k = first; k <= last; ++k) {
      const double expected = mean == 0 ? (k == 0 ? n : 0) : n * std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
      const double count = counts[static_cast<std::size_t>(k - first)];
      if (expected < 20) {
        pooled += expected;
        pooled_count += count;
      } else {
        chi2 += (count - expected) * (count - expected) / expected;
        ++bins;
      }
    }
    if (pooled > 5) chi2 += (pooled_count - pooled) * (pooled_count - pooled) / pooled, ++bins;
    CHECK(chi2 < bins + 4.5 * std::sqrt(2.0 * bins) + 5);
  }
}
