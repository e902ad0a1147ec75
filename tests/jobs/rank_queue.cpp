#include "jobs/rank_queue.h"

#include "tests/support/catch.h"

using namespace umbra;

namespace {
Portion after(std::initializer_list<double> durations, std::size_t repeat, std::size_t batch = 0) {
  Pace pace;
  for (double d : durations)
    for (std::size_t i = 0; i < repeat; ++i) pace.learn(TaskKind::point, d);
  return portion(pace, TaskKind::point, 3e-3, batch);
}
}  // namespace

TEST_CASE("cheap tasks travel together, long ones alone and only to ranks that are free") {
  const Portion unknown = after({}, 0);
  CHECK(unknown.batch == 1);
  CHECK(unknown.ahead == 1);
  const Portion cheap = after({1e-6}, 10);
  CHECK(cheap.batch == Approx(1000).margin(1));
  CHECK(cheap.ahead == Approx(3000).margin(1));
  const Portion middle = after({5e-3}, 10);
  CHECK(middle.batch == 1);
  CHECK(middle.ahead == 2);
  const Portion slow = after({0.1}, 10);
  CHECK(slow.batch == 1);
  CHECK(slow.ahead == 1);
  const Portion fixed = after({1e-6}, 10, 5);
  CHECK(fixed.batch == 5);
  CHECK(fixed.ahead == 320);
}

TEST_CASE("portions follow durations that change") {
  CHECK(after({1e-6, 10.0}, 1).ahead == 1);        // one slow task is enough
  CHECK(after({1.0, 1e-6}, 1000).batch > 900);     // and a thousand quick ones
}
