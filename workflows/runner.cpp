#include "workflows/runner.h"

#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "io/file.h"
#include "io/store.h"
#include "jobs/executor.h"
#include "jobs/service.h"
#include "src/samplers/sliceable.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/campaign.h"
#include "workflows/commands.h"
#include "workflows/run_directory.h"
#include "workflows/run_record.h"
#include "workflows/summary.h"

namespace umbra {
namespace {

std::atomic<int> signals_seen{0};
std::atomic<bool> hurry{false};
// Before the end of an allocation, s: for the ranks and their launcher to end.
constexpr double leave_time_s = 1.2;

// When to have stopped on its own: by the job's walltime, or by the end of the allocation (UMBRA_DEADLINE, Unix s; a batch script sets it).
double deadline_of(const Job& job, double now) {
  double deadline = std::numeric_limits<double>::infinity();
  if (job.stop.walltime) deadline = now + job.stop.walltime->value;
  if (const char* text = std::getenv("UMBRA_DEADLINE"); text && *text) {
    const auto allocation = parse_number(text);
    VALIDATE(allocation.has_value(), "UMBRA_DEADLINE is '{}': give the end of the allocation in Unix seconds (`date +%s`), or unset it", text);
    deadline = std::min(deadline, *allocation - leave_time_s);
  }
  return deadline;
}

constexpr const char* ending_name(Ending e) {
  constexpr const char* names[] = {"complete", "over_budget", "interrupted", "exhausted"};
  return names[static_cast<int>(e)];
}

// Runs `act` on rank 0; its UserError is thrown on all ranks.
template <class Act>
void on_rank_0(const Communicator& ranks, Act act) {
  std::string error;
  if (ranks.rank() == 0) {
    try {
      act();
    } catch (const UserError& e) {
      error = e.what();
    }
  }
  std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(error.data()), reinterpret_cast<const std::byte*>(error.data()) + error.size());
  ranks.broadcast(bytes);
  VALIDATE(bytes.empty(), "{}", std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

int exit_code_of(Ending ending) {
  switch (ending) {
    case Ending::complete:
      return exit_code::done;
    case Ending::interrupted:
      return exit_code::not_done;
    default:
      return exit_code::error;
  }
}

class Coordinator {
 public:
  Coordinator(const Job& job, const Plan& plan, Store& store, Service& service, Executor& executor, std::function<void(std::uint64_t)>& committed, bool quiet)
      : job_(job), plan_(plan), sampler_(make_sampler(job, plan)), ledger_(plan.rules), executor_(executor), quiet_(quiet),
        record_({job, store, service, executor, *sampler_, ledger_, committed, plan.progress}, quiet) {}

  RunnerEnd run() {
    StopRequest stop;
    stop.signal = &signals_seen;
    stop.hurry = &hurry;
    stop.deadline = deadline_of(job_, executor_.now());
    Campaign campaign(*sampler_, executor_, ledger_, record_);
    try {
      return finish(campaign.run(stop));
    } catch (const std::exception& e) {
      record_.fail(e.what());
      throw;
    }
  }

 private:
  static std::unique_ptr<Sampler> make_sampler(const Job& job, const Plan& plan) {
    auto sampler = plan.sampler();
    if (job.slice) dynamic_cast<Sliceable&>(*sampler).take_slice(*job.slice);
    return sampler;
  }

  RunnerEnd finish(Ending ending) {
    bool saved = keep_trying([&] { return record_.close(ending); });
    const Summary summary{job_.name, ending_name(ending), &ledger_, plan_.parameters, plan_.first_parameter, record_.busy_share(), sampler_->result(),
                          plan_.details && ending != Ending::interrupted ? plan_.details(*sampler_) : ""};
    if (saved && ending != Ending::interrupted) {
      std::vector<Group> groups = summary_groups(summary);
      if (plan_.conclude)
        for (Group& g : plan_.conclude(*sampler_)) groups.push_back(std::move(g));
      saved = keep_trying([&] { return record_.merge(groups); });
      if (saved) replace_file(job_.output.directory + "/summary.json", summary_json(summary));
    }
    record_.log().say(fmt::format("end: {}{}", ending_name(ending), saved ? "" : ", not all in segments: " + record_.trouble()));
    record_.show_progress(saved ? ending_name(ending) : "interrupted", true);
    report(ending, summary, saved);
    const bool hard = record_.must_leave_hard();
    return {saved ? exit_code_of(ending) : exit_code::not_done, hard};
  }

  // As often as the job wants to wait for disk space; a signal ends that.
  template <class Act>
  bool keep_trying(Act act) {
    while (!act()) {
      if (!record_.may_wait() || signals_seen > 0) return false;
      record_.show_progress("running", false);
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    return true;
  }

  void report(Ending ending, const Summary& summary, bool saved) const {
    if (!saved) fmt::print(stderr, "umbra: {}\nWhat was computed is in {}/journal: make room there and run the same command again.\n", record_.trouble(), job_.output.directory);
    else if (ending == Ending::interrupted && !record_.stopped_by().empty()) fmt::print(stderr, "umbra: {}\nStopped in good order: run the same command again to go on.\n", record_.stopped_by());
    if (!quiet_ && ending != Ending::interrupted) fmt::print("\n{}", summary_text(summary));
    if (ending == Ending::over_budget)
      fmt::print(stderr, "umbra: stopped, as more than {:.0f} % of the points failed (failures: {{budget: {}}}); /failures and summary.json say how\n", 100 * job_.failures.budget, job_.failures.budget);
    if (ending == Ending::exhausted) fmt::print(stderr, "umbra: the sampler has no more points to ask for, before the stop criterion was met\n");
    if (quiet_) return;
    if (ending == Ending::interrupted && saved) fmt::print("stopped in good order: run the same command again to go on\n");
    fmt::print("results: {}/results.h5\n", job_.output.directory);
  }

  const Job& job_;
  const Plan& plan_;
  std::unique_ptr<Sampler> sampler_;
  Ledger ledger_;
  Executor& executor_;
  bool quiet_;
  RunRecord record_;
};

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int s) {
    if (s != SIGUSR1) hurry.store(true);
    signals_seen.fetch_add(1);
  };
  action.sa_flags = SA_RESTART;
  for (const int s : {SIGTERM, SIGINT, SIGUSR1}) sigaction(s, &action, nullptr);
}

RunnerEnd run_plan(const Job& job, const Plan& plan, const Communicator& ranks, const RunnerOptions& options) {
  std::unique_ptr<RunLock> lock;
  on_rank_0(ranks, [&] { lock = take_run_directory(job, options.fresh); });

  std::function<void(std::uint64_t)> committed;  // set by the record, which opens the journal after the store
  StoreOptions store_options;
  store_options.committed = [&committed](std::uint64_t generation) {
    if (committed) committed(generation);
  };
  std::unique_ptr<Store> store = Store::open(job.output.directory, plan.tables, ranks, store_options);
  Service service(ranks, [&store](const std::vector<std::byte>& command) { store->execute(command); });
  service.start();
  RunnerEnd end;
  try {
    if (ranks.rank() == 0) {
      auto executor = options.executor ? options.executor(*store) : make_mpi_executor(ranks, plan.work, store->sink());
      end = Coordinator(job, plan, *store, service, *executor, committed, options.quiet).run();
      end.leave_hard = !executor->stop() || end.leave_hard;
    } else {
      end.leave_hard = !serve_tasks(ranks, plan.work, store->sink());
    }
    service.stop();
    store->close();
  } catch (const std::exception& e) {
    // The others may be waiting for this rank. What was finished is in the journal.
    fmt::print(stderr, "umbra: {}\n", e.what());
    end_all_ranks(exit_code::error);
  }
  return end;
}

}  // namespace umbra
