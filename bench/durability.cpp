// What it costs that nothing is lost: a whole campaign with journal, segments, checkpoints and progress beside the same one without any of them.
//   mpirun -n 2 bench_durability [evaluations = 10000] [model = "{type: sleep, mean: 2ms}"]    medians of 5 interleaved pairs; 2 ms on 2 ranks: 1000 outcomes/s
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "bench/targets.h"
#include "jobs/executor.h"
#include "src/base/error.h"
#include "workflows/campaign.h"
#include "workflows/run_record.h"
#include "workflows/workflow.h"

using namespace umbra;

namespace {

const char* const job_text = R"(
name: bench
seed: 1
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 2ms}
sampler: {type: random}
stop: {evaluations: 10000}
output: {directory: bench-durability, save_every: 2s}
)";

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Of all threads of all ranks.
double processor_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  double mine = static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec), all = 0.0;
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

struct Cost {
  double wall_s, processor_s;
};

// The campaign's loop and its last drain. All ranks; the files are left.
Cost measure(const Job& job, const Plan& plan, const Communicator& ranks, bool durable) {
  NoRows no_rows;
  NoRecorder no_recorder;
  std::function<void(std::uint64_t)> committed;
  StoreOptions options;
  options.committed = [&](std::uint64_t generation) {
    if (committed) committed(generation);
  };
  std::unique_ptr<Store> store;
  if (ranks.rank() == 0) std::filesystem::remove_all(job.output.directory);
  ranks.barrier();
  if (durable) store = Store::open(job.output.directory, plan.tables, ranks, options);
  Service service(ranks, [&](const std::vector<std::byte>& command) { store->execute(command); });
  service.start();
  RowSink& sink = durable ? store->sink() : no_rows;
  ranks.barrier();
  const double processor = processor_s(), begin = seconds();
  if (ranks.rank() == 0) {
    const auto executor = make_mpi_executor(ranks, plan.work, sink);
    const auto sampler = plan.sampler();
    Ledger ledger(plan.rules);
    std::optional<RunRecord> record;
    if (durable) record.emplace(RunRecord::Parts{job, *store, service, *executor, *sampler, ledger, committed}, true);
    const Ending ending = Campaign(*sampler, *executor, ledger, record ? static_cast<Recorder&>(*record) : no_recorder).run();
    if (record) record->close(ending);
  } else {
    serve_tasks(ranks, plan.work, sink);
  }
  ranks.barrier();
  const double wall = seconds() - begin;
  const Cost cost{wall, processor_s() - processor};
  service.stop();
  if (store) store->close();
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  const MpiSession session(argc, argv);
  const Communicator ranks = Communicator::world();
  std::vector<std::string> overrides;
  if (argc > 1) overrides.push_back(std::string("stop.evaluations=") + argv[1]);
  if (argc > 2) overrides.push_back(std::string("model=") + argv[2]);
  Faults faults;
  const Job job = Job::read(job_text, "bench", overrides, faults);
  const auto workflow = find_workflow(job, faults);
  const Plan plan = workflow->plan(job, faults);
  faults.throw_if_any("bench");
  bench::Targets targets;
  std::vector<double> extra, longer, rates;
  for (int i = 0; i < 5; ++i) {
    const Cost bare = measure(job, plan, ranks, false), durable = measure(job, plan, ranks, true);
    extra.push_back((durable.processor_s - bare.processor_s) / (durable.wall_s * ranks.size()));
    longer.push_back(durable.wall_s / bare.wall_s - 1.0);
    rates.push_back(static_cast<double>(*job.stop.evaluations) / durable.wall_s);
  }
  if (ranks.rank() == 0) {
    fmt::print("{:.0f} outcomes/s on {} ranks, a drain with its checkpoint every {} s: processor time of journal, drains and checkpoints {:.2f} % of the ranks' time, wall time {:+.2f} % {}\n",
               median(rates), ranks.size(), job.output.save_every.value, 100 * median(extra), 100 * median(longer), targets.at_most(100 * std::max(median(extra), median(longer)), 2));
    std::filesystem::remove_all(job.output.directory);
  }
  return targets.exit_code();
}
