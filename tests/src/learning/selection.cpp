// Which candidates are chosen.

#include "src/learning/selection.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("the best scores are kept in an order of their own, NaN last") {
  const double nan = std::nan("");
  std::vector<Scored> list;
  for (std::uint64_t i = 0; i < 50; ++i) list.push_back({i % 3 == 0 ? nan : static_cast<double>(i % 7), i});
  for (const std::size_t count : {1, 10, 40, 50, 60}) {
    std::vector<Scored> kept = list, reversed(list.rbegin(), list.rend());
    keep_best(kept, count);
    keep_best(reversed, count);
    REQUIRE(kept.size() == std::min<std::size_t>(count, 50));
    for (std::size_t i = 0; i < kept.size(); ++i) {
      CHECK(kept[i].index == reversed[i].index);
      CHECK(std::isnan(kept[i].score) == (i >= 33));
      if (i > 0 && i < 33) CHECK(kept[i - 1].score >= kept[i].score);
    }
  }
}
