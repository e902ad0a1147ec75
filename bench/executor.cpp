// The executor alone: what it costs beside bare MPI and beside a cheap model, how fast it answers, and how busy it keeps many ranks.
//   mpirun -n 2 bench_executor [messages | batches | answers]   medians of 5 interleaved pairs
//   mpirun --oversubscribe -n 64 bench_executor busy   busy share with a model that sleeps 100 ms, log-normal with sigma 1
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <functional>
#include <thread>

#include "bench/targets.h"
#include "jobs/executor.h"
#include "src/base/random.h"

using namespace umbra;

namespace {

bench::Targets targets;

class FunctionWork final : public Work {
 public:
  using Function = std::function<void(const Task&, Outcome&)>;
  explicit FunctionWork(Function function) : function_(std::move(function)) {}
  void run(const Task& task, Outcome& outcome) override { function_(task, outcome); }

 private:
  Function function_;
};
WorkFactory work_of(FunctionWork::Function f) {
  return [f] { return std::make_unique<FunctionWork>(f); };
}

class NoSink final : public RowSink {
 public:
  void keep(const Outcome&) override {}
};

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Of all threads of this process.
double processor_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// Rank 0: the wall time of n tasks with `columns` parameters each, and all outcomes where `keep` is given.
double time_of_tasks(const WorkFactory& work, std::size_t n, std::size_t columns, const ExecutorOptions& options, std::vector<Outcome>* keep = nullptr, ExecutorStatistics* statistics = nullptr) {
  const Communicator world = Communicator::world();
  NoSink sink;
  if (world.rank() != 0) {
    serve_tasks(world, work, sink, options);
    return 0.0;
  }
  const auto executor = make_mpi_executor(world, work, sink, options);
  const std::vector<double> u(columns, 0.5);
  std::vector<Outcome> finished;
  std::size_t given = 0, done = 0;
  const double start = seconds();
  while (done < n) {
    std::size_t room = std::min(executor->room(), n - given);
    if (room > 0) {
      std::vector<Task> tasks;
      tasks.reserve(room);
      for (; room > 0; --room) tasks.push_back({TaskKind::point, given++, pack(u)});
      executor->submit(std::move(tasks));
    }
    finished.clear();
    executor->collect(finished, 1.0);
    done += finished.size();
    if (keep) keep->insert(keep->end(), finished.begin(), finished.end());
  }
  const double wall = seconds() - start;
  if (statistics) *statistics = executor->statistics();
  executor->stop();
  return wall;
}

// Rank 0: the wall time of n round trips of bare MPI.
double time_of_ping_pong(int n, int doubles_out, int doubles_back) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  std::vector<double> out(doubles_out, 0.5), back(doubles_back, 0.5);
  const double start = seconds();
  for (int i = 0; i < n && rank < 2; ++i) {
    if (rank == 0) {
      MPI_Send(out.data(), doubles_out, MPI_DOUBLE, 1, 0, MPI_COMM_WORLD);
      MPI_Recv(back.data(), doubles_back, MPI_DOUBLE, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else {
      MPI_Recv(out.data(), doubles_out, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(back.data(), doubles_back, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD);
    }
  }
  return seconds() - start;
}

void one_task_a_message() {
  const int n = 200000;
  const auto work = work_of([](const Task& t, Outcome& o) {
    o.values.assign(40, 0.0);
    std::memcpy(o.values.data(), t.payload.data(), t.payload.size());
  });
  std::vector<double> ratios, bare, ours;
  for (int pair = 0; pair < 5; ++pair) {
    MPI_Barrier(MPI_COMM_WORLD);
    bare.push_back(time_of_ping_pong(n, 19, 40));
    ours.push_back(time_of_tasks(work, n, 19, {.batch = 1, .coordinator_evaluates = false}));
    ratios.push_back(bare.back() / ours.back());
  }
  if (Communicator::world().rank() == 0)
    fmt::print("one task a message, 19 doubles out, 40 back: {:.2f} of the rate of a bare ping-pong {} ({:.2f} us, {:.2f} us)\n", median(ratios), targets.at_least(median(ratios), 0.5),
               1e6 * median(ours) / n, 1e6 * median(bare) / n);
}

// About a microsecond of arithmetic; returns what the compiler must not drop.
double microsecond_model(double x) {
  for (int i = 0; i < 280; ++i) x = x * 1.0000001 + 1e-9 / x;
  return x;
}

void batches() {
  const std::size_t n = 1000000;
  const auto work = work_of([](const Task& t, Outcome& o) { o.values = {microsecond_model(doubles(t.payload)[0])}; });
  std::vector<double> ratios, of_used, model_us;
  for (int pair = 0; pair < 5; ++pair) {
    // All cores at once: they share their clock rate.
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = processor_s();
    double x = 0.5;  // each call waits for the one before
    for (std::size_t i = 0; i < n / 2; ++i) x = microsecond_model(0.5 + 1e-9 * x);
    const double bare = x > 0.0 ? (processor_s() - start) / (n / 2) : 0.0;
    MPI_Barrier(MPI_COMM_WORLD);
    const double used_before = processor_s();
    const double wall = time_of_tasks(work, n, 2, {});
    const double used_here = processor_s() - used_before;
    double used = 0.0;
    MPI_Reduce(&used_here, &used, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    ratios.push_back(n * bare / (Communicator::world().size() * wall));
    of_used.push_back(n * bare / used);
    model_us.push_back(1e6 * bare);
  }
  if (Communicator::world().rank() == 0)
    fmt::print("batches, 2 parameters, 1 column, model of {:.2f} us: {:.1f} % of the cores' time in the model {}, {:.1f} % of the processor time used\n", median(model_us), 100 * median(ratios),
               targets.at_least(100 * median(ratios), 80), 100 * median(of_used));
}

void answers() {
  const auto work = work_of([](const Task&, Outcome&) {
    if (Communicator::world().rank() > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
      return;
    }
    const double end = seconds() + 3.0;
    while (seconds() < end) continue;
  });
  std::vector<Outcome> all;
  time_of_tasks(work, 402, 2, {}, &all);
  if (Communicator::world().rank() != 0) return;
  std::vector<double> gaps, end(Communicator::world().size(), 0.0);
  for (const Outcome& o : all) {
    if (o.rank > 0 && end[o.rank] > 0.0) gaps.push_back(o.start - end[o.rank]);
    end[o.rank] = o.start + o.duration;
  }
  std::sort(gaps.begin(), gaps.end());
  fmt::print("from the end of an evaluation to the start of the rank's next, while rank 0 uses its core: median {:.2f} ms, 99 % {:.2f} ms {}, worst {:.2f} ms ({} answers)\n",
             1e3 * gaps[gaps.size() / 2], 1e3 * gaps[gaps.size() * 99 / 100], targets.at_most(1e3 * gaps[gaps.size() * 99 / 100], 10), 1e3 * gaps.back(), gaps.size());
}

void busy() {
  const int ranks = Communicator::world().size();
  const auto work = work_of([](const Task& t, Outcome& o) {
    RandomStream stream(1, Purpose::virtual_time, t.id);
    std::this_thread::sleep_for(std::chrono::duration<double>(0.1 * std::exp(stream.normal() - 0.5)));
    o.values = {1.0};
  });
  ExecutorStatistics statistics;
  const double wall = time_of_tasks(work, 150 * static_cast<std::size_t>(ranks), 2, {}, nullptr, &statistics);
  if (Communicator::world().rank() == 0) fmt::print("{} ranks, tasks of 100 ms (log-normal, sigma 1): busy share {:.3f} {} in {:.0f} s\n", ranks, statistics.busy_share(ranks), targets.at_least(statistics.busy_share(ranks), 0.95), wall);
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession session(argc, argv);
  if (argc > 1 && std::string(argv[1]) == "busy") {
    busy();
    return targets.exit_code();
  }
  if (Communicator::world().size() < 2) {
    fmt::print(stderr, "run it with mpirun -n 2\n");
    return 2;
  }
  const std::string only = argc > 1 ? argv[1] : "";
  if (only.empty() || only == "messages") one_task_a_message();
  if (only.empty() || only == "batches") batches();
  if (only.empty() || only == "answers") answers();
  return targets.exit_code();
}
