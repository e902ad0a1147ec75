#include <cmath>

#include "src/base/error.h"
#include "tests/jobs/toy_work.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {
const auto nothing = work_of([](const Task&, Outcome& o) { o.values = {1.0}; });
}

TEST_CASE("simulated ranks stay busy though durations differ widely") {
  const int ranks = GENERATE(512, 4096);
  MemorySink sink;
  const auto executor = make_virtual_executor(nothing, sink, {.ranks = ranks, .mean_s = 10.0, .sigma = 1.0});
  const std::size_t n = 50 * ranks;
  const auto all = run_all(*executor, n, [](TaskId id) { return number_task(id, 0.0); });
  REQUIRE(each_once(all, n));
  const ExecutorStatistics s = executor->statistics();
  CHECK(s.busy_share(ranks) > 0.95);
  CHECK(s.busy_share(ranks) <= 1.0);
  std::uint64_t collected = 0;
  for (std::uint64_t c : executor->collected()) collected += c;
  CHECK(collected == n);
  double mean = 0.0;
  for (const Outcome& o : all) mean += o.duration / n;
  CHECK(mean == Approx(10.0).epsilon(5 * 1.31 / std::sqrt(n)));
}

TEST_CASE("virtual time is deterministic, and a duration belongs to its task, not to its rank") {
  auto run = [](int ranks) {
    MemorySink sink;
    const auto executor = make_virtual_executor(nothing, sink, {.ranks = ranks, .seed = 5});
    return run_all(*executor, 300, [](TaskId id) { return number_task(id, 0.0); });
  };
  const auto a = run(16), b = run(16), c = run(3);
  std::vector<double> of_task(300);
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].id == b[i].id);
    REQUIRE(a[i].start == b[i].start);
    of_task[a[i].id] = a[i].duration;
  }
  for (const Outcome& o : c) REQUIRE(o.duration == of_task[o.id]);
}

TEST_CASE("latency, idle ranks and evaluations in progress count in the busy share") {
  MemorySink sink;
  // Two ranks, durations 4 and 1, latency 0.5 each way: starts at .5 .5 (rank of the short one) 2.5 4.5 ...
  const auto executor = make_virtual_executor(nothing, sink, {.ranks = 2, .latency_s = 0.5, .duration = [](const Task& t, const Outcome&) { return t.id == 0 ? 4.0 : 1.0; }});
  executor->submit({number_task(0, 0.0), number_task(1, 0.0), number_task(2, 0.0)});
  CHECK(executor->in_flight_count() == 3);
  CHECK(executor->in_flight()[2].rank == -1);
  std::vector<Outcome> all;
  executor->collect(all, 0.25);
  CHECK(all.empty());
  CHECK(executor->now() == Approx(0.25));
  executor->collect(all, 100.0);
  REQUIRE(all.size() == 1);
  CHECK(all[0].id == 1);
  CHECK(executor->now() == Approx(2.0));
  executor->collect(all, 100.0);
  REQUIRE(all.size() == 2);
  CHECK(all[1].start == Approx(2.5));
  // Task 0 is still in progress: 2 of its seconds lie before the last dispatch at 2.5.
  CHECK(executor->statistics().busy_s == Approx(3.0));
  CHECK(executor->statistics().busy_share(2) == Approx(3.0 / 4.0));
  executor->collect(all, 100.0);
  CHECK(executor->statistics().busy_s == Approx(3.0));
}

TEST_CASE("an exception in virtual time comes out of collect") {
  MemorySink sink;
  const auto executor = make_virtual_executor(work_of([](const Task& t, Outcome&) {
                                                if (t.id == 1) throw UserError("no licence");
                                              }),
                                              sink, {.ranks = 4});
  executor->submit({number_task(0, 0.0), number_task(1, 0.0)});
  std::vector<Outcome> all;
  CHECK_THROWS_WITH(executor->collect(all, 1.0), Catch::Contains("task 1") && Catch::Contains("no licence"));
}
