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

TEST_CASE("a rank that shares its core counts as slower") {
  RankQueue quick, shared;
  CHECK(quick.lasts_s() == 0.0);
  for (RankQueue* queue : {&quick, &shared}) queue->load_s = 1e-3;
  CHECK(quick.lasts_s() == 1e-3);
  double end = 0.0, end_shared = 0.0;
  for (int message = 0; message < 100; ++message)
    for (int i = 0; i < 20; ++i) {
      if (i == 0) end += 1.0, end_shared += 1.0;  // without work: says nothing of the rank
      const SentTask task{.kind = TaskKind::point, .expected_s = 4e-6f, .id = 0, .sequence = 0, .sent = 1.0 + message};
      quick.slowness.learn(task, end += 4e-6);
      shared.slowness.learn(task, end_shared += i % 10 ? 4e-6 : 124e-6);
    }
  CHECK(quick.lasts_s() == Approx(1e-3).epsilon(0.01));
  CHECK(shared.slowness.factor() == Approx((18 * 4.0 + 124.0) / 19 / 4).epsilon(0.02));
}
