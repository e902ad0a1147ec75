#include "jobs/ring.h"

#include <deque>
#include <memory>

#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("a ring does what a deque does") {
  Ring<int> ring;
  std::deque<int> deque;
  RandomStream stream(1, Purpose::test, 0);
  for (int i = 0; i < 20000; ++i) {
    const double u = stream.uniform();
    if (u < 0.5) {
      ring.push_back(i);
      deque.push_back(i);
    } else if (!deque.empty() && u < 0.9) {
      ring.pop_front();
      deque.pop_front();
    } else if (!deque.empty()) {
      ring.pop_back();
      deque.pop_back();
    }
    REQUIRE(ring.size() == deque.size());
    if (deque.empty()) continue;
    REQUIRE(ring.front() == deque.front());
    REQUIRE(ring.back() == deque.back());
    REQUIRE(ring[deque.size() / 2] == deque[deque.size() / 2]);
  }
}

TEST_CASE("what leaves a ring gives its memory back") {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(1);
  for (int i = 0; i < 3; ++i) ring.push_back(value);
  ring.pop_front();
  ring.pop_back();
  CHECK(value.use_count() == 2);
  ring.clear();
  CHECK(value.use_count() == 1);
}
