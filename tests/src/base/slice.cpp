#include "src/base/slice.h"

#include <vector>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("slices are disjoint, and together they are all ids") {
  for (const std::uint64_t count : {1, 2, 3, 7, 100}) {
    std::vector<int> owners(1000, 0);
    for (std::uint64_t index = 0; index < count; ++index) {
      const Slice slice{index, count};
      std::uint64_t below = 0;
      for (std::uint64_t id = 0, next = slice.from(0); id < owners.size(); ++id) {
        CHECK(slice.below(id) == below);
        CHECK(slice.from(id) >= id);
        if (!slice.has(id)) continue;
        CHECK(id == next);
        ++owners[id];
        ++below;
        next = slice.from(id + 1);
      }
    }
    for (const int n : owners) CHECK(n == 1);
  }
}

TEST_CASE("a slice has its share of each kind of task where tasks come in periods") {
  for (const std::uint64_t count : {2, 3, 5, 10})
    for (const std::uint64_t period : {2, 3, 4, 5, 9, 10, 11}) {
      const Slice slice{1, count};
      std::vector<double> seen(period, 0);
      double all = 0;
      for (std::uint64_t id = slice.from(0); id < 100000; id = slice.from(id + 1), ++all) ++seen[id % period];
      const double expected = all / static_cast<double>(period);
      for (const double n : seen) CHECK(std::abs(n - expected) < 5 * std::sqrt(expected));
    }
}

TEST_CASE("slices are written as people count") {
  CHECK(to_text({2, 100}) == "3/100");
  const auto slice = parse_slice("100/100");
  REQUIRE(slice);
  CHECK(slice->index == 99);
  CHECK(slice->count == 100);
  for (const char* text : {"", "3", "0/4", "5/4", "3/", "/4", "3/4 ", "-1/4", "a/b", "1.5/4"}) CHECK_FALSE(parse_slice(text));
}
