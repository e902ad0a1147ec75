#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <span>
#include <thread>

#include "jobs/service.h"
#include "src/base/error.h"
#include "src/base/random.h"
#include "tests/jobs/toy_work.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;
using namespace std::chrono_literals;

namespace {

void spend(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

void burn(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) continue;
}

/// Rank 0 does `lead` with an executor over all ranks, the others serve. Returns how serve_tasks ended (rank 0: stop()).
bool on_ranks(const WorkFactory& work, RowSink& sink, const std::function<void(Executor&)>& lead, const ExecutorOptions& options = {}) {
  const Communicator world = Communicator::world();
  if (world.rank() != 0) return serve_tasks(world, work, sink, options);
  const auto executor = make_mpi_executor(world, work, sink, options);
  lead(*executor);
  return executor->stop();
}

}  // namespace

TEST_CASE("all tasks are done once, whatever they last and however they are batched") {
  // Mean durations in s; in the last case they change by factors of thousands from task to task.
  struct Case {
    double mean_s;
    std::size_t n, batch;
  };
  const Case c = GENERATE(Case{0.0, 60000, 0}, Case{0.0, 3000, 1}, Case{1e-4, 2000, 0}, Case{3e-3, 100, 0}, Case{2e-4, 500, 7}, Case{-1.0, 400, 0});
  MemorySink sink;
  auto work = work_of([c](const Task& t, Outcome& o) {
    RandomStream stream(1, Purpose::test, t.id);
    const double mean = c.mean_s >= 0.0 ? c.mean_s : std::pow(10.0, -1.5 - 6.0 * stream.uniform());
    if (mean > 0.0) spend(mean * stream.exponential());
    o.values = {doubles(t.payload)[0] + 1.0, stream.uniform()};
    if (t.id % 10 == 3) {
      o.status = Status::timeout;
      o.message = "longer than its limit";
    }
    o.phase = static_cast<std::int32_t>(t.id % 3);
  });
  std::uint64_t collected_here = 0;
  std::vector<std::vector<TaskId>> by_rank(Communicator::world().size());
  const bool idle = on_ranks(work, sink, [&](Executor& executor) {
    CHECK(executor.ranks() == Communicator::world().size());
    const auto all = run_all(executor, c.n, [](TaskId id) { return number_task(id, 3.0 * id, id % 4 == 0 ? TaskKind::custom : TaskKind::point); });
    REQUIRE(each_once(all, c.n));
    for (const Outcome& o : all) {
      const bool expired = o.id % 10 == 3;
      const bool right = o.values.size() == 2 && o.values[0] == 3.0 * o.id + 1.0 && o.kind == (o.id % 4 == 0 ? TaskKind::custom : TaskKind::point) &&
                         o.status == (expired ? Status::timeout : Status::ok) && o.message == (expired ? "longer than its limit" : "") &&
                         o.phase == static_cast<std::int32_t>(o.id % 3) && o.duration >= 0.0;
      if (!right) FAIL("outcome " << o.id << " came back changed");
      by_rank.at(o.rank).push_back(o.id);
    }
    for (int r = 0; r < executor.ranks(); ++r) CHECK(executor.collected()[r] == by_rank[r].size());
    CHECK(executor.in_flight_count() == 0);
    CHECK(executor.statistics().finished == c.n);
    CHECK(executor.statistics().busy_share(executor.ranks()) <= 1.0);
    CHECK_FALSE(executor.host(executor.ranks() - 1).empty());
    collected_here = by_rank[0].size();
  }, {.batch = c.batch});
  CHECK(idle);
  if (Communicator::world().rank() != 0) return;
  // Outcomes come in the order in which they were kept.
  CHECK(sink.ids() == by_rank[0]);
  CHECK(sink.ids().size() == collected_here);
}

TEST_CASE("every rank works, and its rows stay where they were made: blocks of toys") {
  const Communicator world = Communicator::world();
  MemorySink sink;
  auto work = work_of([](const Task& t, Outcome& o) {
    RandomStream stream(7, Purpose::toy, t.id);
    o.rows.resize(2000);
    stream.fill_uniform(o.rows);
    o.values = {std::accumulate(o.rows.begin(), o.rows.end(), 0.0), static_cast<double>(o.rows.size())};
    spend(1e-3);
  });
  double total = 0.0;
  on_ranks(work, sink, [&](Executor& executor) {
    const auto all = run_all(executor, 200, [](TaskId id) { return number_task(id, 0.0, TaskKind::toys); });
    REQUIRE(each_once(all, 200));
    for (const Outcome& o : all) {
      REQUIRE((o.rows.empty() && o.row_numbers == 2000));
      total += o.values[0];
    }
    for (std::uint64_t c : executor.collected()) CHECK(c > 0);
  });
  const auto counts = world.all_gather(static_cast<std::uint64_t>(sink.num_rows()));
  CHECK(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == 400000);
  const auto sums = world.all_gather(static_cast<std::uint64_t>(sink.sum() * 1e6));
  if (world.rank() == 0) CHECK(std::accumulate(sums.begin(), sums.end(), 0.0) * 1e-6 == Approx(total).epsilon(1e-9));
}

TEST_CASE("blobs of a megabyte travel both ways") {
  MemorySink sink;
  auto work = work_of([](const Task& t, Outcome& o) {
    o.blob = t.payload;
    std::reverse(o.blob.begin(), o.blob.end());
  });
  on_ranks(work, sink, [](Executor& executor) {
    auto payload = [](TaskId id) {
      Payload p((std::size_t{1} << 20) + id);
      for (std::size_t i = 0; i < p.size(); i += 1000) p[i] = static_cast<std::byte>(id + i);
      return p;
    };
    const auto all = run_all(executor, 24, [&](TaskId id) { return Task{TaskKind::train, id, payload(id)}; });
    REQUIRE(each_once(all, 24));
    for (const Outcome& o : all) {
      Payload expected = payload(o.id);
      std::reverse(expected.begin(), expected.end());
      CHECK((o.blob == expected));
    }
  });
}

TEST_CASE("an exception on any rank comes out with rank, task and text, and nobody hangs") {
  const int ranks = Communicator::world().size();
  const int bad = GENERATE(0, 1, 3);
  if (bad >= ranks) return;
  MemorySink sink;
  auto work = work_of([bad](const Task& t, Outcome& o) {
    spend(1e-3);
    o.values = {1.0};
    if (t.id >= 20 && Communicator::world().rank() == bad) throw UserError("the table of cross sections is missing");
  });
  on_ranks(work, sink, [bad](Executor& executor) {
    CHECK_THROWS_WITH(run_all(executor, 100000, [](TaskId id) { return number_task(id, 0.0); }),
                      Catch::Contains("rank " + std::to_string(bad) + " failed at task") && Catch::Contains("(point): the table of cross sections is missing"));
  });
}

TEST_CASE("a Work that cannot be made comes out with its rank") {
  const int bad = Communicator::world().size() - 1;
  MemorySink sink;
  WorkFactory work = [bad]() -> std::unique_ptr<Work> {
    if (Communicator::world().rank() == bad) throw std::runtime_error("no such library");
    return std::make_unique<FunctionWork>([](const Task&, Outcome&) {});
  };
  on_ranks(work, sink, [bad](Executor& executor) {
    CHECK_THROWS_WITH(run_all(executor, 1000000, [](TaskId id) { return number_task(id, 0.0); }), "rank " + std::to_string(bad) + " could not begin its work: no such library");
  });
}

TEST_CASE("stop does not wait for evaluations in progress") {
  static std::atomic<bool> release;
  static std::atomic<int> running;
  release = false;
  running = 0;
  const Communicator world = Communicator::world();
  MemorySink sink;
  auto work = work_of([](const Task& t, Outcome&) {
    if (t.id < 1) return;
    ++running;
    while (!release) spend(1e-3);
    --running;
  });
  const bool idle = on_ranks(work, sink, [&](Executor& executor) {
    std::vector<Task> tasks;
    for (TaskId id = 0; id < 10; ++id) tasks.push_back(number_task(id, 0.0));
    executor.submit(std::move(tasks));
    std::vector<Outcome> all;
    const auto begun = [&] {
      const auto tasks = executor.in_flight();
      return std::count_if(tasks.begin(), tasks.end(), [](const auto& t) { return t.rank >= 0; }) >= executor.ranks();
    };
    while (all.empty() || !begun()) executor.collect(all, 0.01);
    executor.collect(all, 0.05);
    CHECK(executor.in_flight_count() == 9);
    const double start = executor.now();
    CHECK_FALSE(executor.stop());
    CHECK(executor.now() - start < 2.0);
    // One a rank goes on; the others were taken back.
    const auto left = executor.in_flight();
    REQUIRE(static_cast<int>(left.size()) == executor.ranks());
    for (const auto& task : left) {
      CHECK(task.rank >= 0);
      CHECK(task.start > 0.0);
    }
  });
  CHECK_FALSE(idle);
  CHECK(running == 1);
  const std::size_t kept = sink.ids().size();
  release = true;
  while (running > 0) spend(1e-3);
  CHECK(sink.ids().size() == kept);  // what an abandoned evaluation makes is lost, not half kept
  world.barrier();
}

TEST_CASE("cheap tasks that depend on each other do not wait for a poll") {
  MemorySink sink;
  on_ranks(work_of([](const Task&, Outcome&) {}), sink, [](Executor& executor) {
    std::vector<Outcome> all;
    const double start = executor.now();
    for (TaskId id = 0; id < 2000; ++id) {
      executor.submit({number_task(id, 0.0)});
      while (all.size() <= id) executor.collect(all, 1.0);
    }
    CHECK(executor.now() - start < 1.0);
  });
}

TEST_CASE("cheap tasks behind a long one are done by other ranks, and what has finished is heard of") {
  const int ranks = Communicator::world().size();
  static std::atomic<bool> release;
  release = false;
  MemorySink sink;
  auto work = work_of([](const Task& t, Outcome&) {
    if (t.id == 5000) {
      const auto give_up = std::chrono::steady_clock::now() + 20s;
      while (!release && std::chrono::steady_clock::now() < give_up) spend(1e-3);
    }
  });
  on_ranks(work, sink, [&](Executor& executor) {
    std::vector<Outcome> all;
    std::size_t given = 0;
    const std::size_t n = 10000;
    // The long one ends only when all others are done (on one rank: all that came before it).
    const std::size_t enough = ranks > 1 ? n - 1 : 5000;
    const double start = executor.now();
    while (all.size() < enough) {
      std::vector<Task> tasks;
      for (std::size_t room = executor.room(); room > 0 && given < n; --room) tasks.push_back(number_task(given++, 0.0));
      executor.submit(std::move(tasks));
      executor.collect(all, 1.0);
    }
    CHECK(all.size() == enough);
    CHECK(executor.now() - start < 10.0);
    // Every rank must see `release`: the one with the long task is unknown here.
    if (ranks == 1) {
      release = true;
      while (all.size() < n) {
        std::vector<Task> tasks;
        for (std::size_t room = executor.room(); room > 0 && given < n; --room) tasks.push_back(number_task(given++, 0.0));
        executor.submit(std::move(tasks));
        executor.collect(all, 1.0);
      }
      CHECK(each_once(all, n));
    }
  });
  release = true;
}

TEST_CASE("what comes while the caller is away is heard of at once, and collected once") {
  MemorySink sink;
  on_ranks(work_of([](const Task& t, Outcome& o) { o.values = {static_cast<double>(t.id)}; }), sink, [](Executor& executor) {
    const std::size_t n = 5 * static_cast<std::size_t>(executor.ranks());
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Outcome> heard;
    executor.listen([&](const Outcome& o) {
      const std::scoped_lock lock(mutex);
      heard.push_back(o);
      changed.notify_all();
    });
    std::vector<Task> tasks;
    for (TaskId id = 0; id < n; ++id) tasks.push_back(number_task(id, 0.0));
    executor.submit(std::move(tasks));
    {
      std::unique_lock lock(mutex);
      CHECK(changed.wait_for(lock, std::chrono::seconds(20), [&] { return heard.size() == n; }));
    }
    CHECK(each_once(heard, n));
    std::size_t waiting = 0;
    executor.waiting([&](std::span<const Outcome> o) { waiting = o.size(); });
    CHECK(waiting == n);
    CHECK(executor.in_flight_count() == n);
    const auto& collected = executor.collected();
    CHECK(std::accumulate(collected.begin(), collected.end(), std::uint64_t{0}) == 0);
    std::vector<Outcome> all;
    while (all.size() < n) executor.collect(all, 1.0);
    CHECK(each_once(all, n));
    CHECK(std::accumulate(collected.begin(), collected.end(), std::uint64_t{0}) == n);
    executor.listen(nullptr);
  });
}

TEST_CASE("commands run on all ranks together while they evaluate") {
  const Communicator world = Communicator::world();
  Communicator inner = world.duplicate();
  MemorySink sink;
  std::vector<std::uint64_t> sums;
  Service service(world, [&](const std::vector<std::byte>& command) {
    const auto all = inner.all_gather(static_cast<std::uint64_t>(command.at(0)));
    sums.push_back(std::accumulate(all.begin(), all.end(), std::uint64_t{0}));
  });
  service.start();
  std::uint64_t issued = 0;
  on_ranks(work_of([](const Task& t, Outcome&) { spend(t.id % 50 == 0 ? 0.05 : 1e-4); }), sink, [&](Executor& executor) {
    std::vector<Outcome> all;
    std::size_t given = 0;
    while (all.size() < 1000 || service.finished() < 10) {
      std::vector<Task> tasks;
      for (std::size_t room = executor.room(); room > 0 && (all.size() < 1000 || service.finished() < 10); --room) tasks.push_back(number_task(given++, 0.0));
      executor.submit(std::move(tasks));
      executor.collect(all, 1.0);
      if (issued < 10 && all.size() > 50 * issued) service.issue({static_cast<std::byte>(++issued)});
    }
  });
  service.stop();
  REQUIRE(sums.size() == 10);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(sums[i] == (i + 1) * world.size());
  inner.free();
}

TEST_CASE("the coordinator answers within 10 ms while its own rank uses the core") {
  if (Communicator::world().size() == 1) return;
  MemorySink sink;
  auto work = work_of([](const Task&, Outcome&) { Communicator::world().rank() == 0 ? burn(0.5) : spend(0.025); });
  on_ranks(work, sink, [](Executor& executor) {
    const auto all = run_all(executor, 20 + 20 * (executor.ranks() - 1), [](TaskId id) { return number_task(id, 0.0); });
    std::vector<double> gaps;
    std::vector<double> end(executor.ranks(), 0.0);
    for (const Outcome& o : all) {
      if (o.rank > 0 && end[o.rank] > 0.0) gaps.push_back(o.start - end[o.rank]);
      end[o.rank] = o.start + o.duration;
    }
    REQUIRE(gaps.size() > 15);
    std::sort(gaps.begin(), gaps.end());
    CHECK(gaps[gaps.size() * 8 / 10] < 0.010);
  });
}
