#include "workflows/runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include "io/file.h"
#include "io/store.h"
#include "jobs/clock.h"
#include "jobs/executor.h"
#include "jobs/service.h"
#include "src/samplers/sliceable.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/campaign.h"
#include "workflows/commands.h"
#include "workflows/patience.h"
#include "workflows/run_directory.h"
#include "workflows/run_record.h"
#include "workflows/summary.h"

namespace umbra {
namespace {

std::atomic<int> signals_seen{0};
std::atomic<bool> hurry{false};
// Before the end of an allocation, s: for the ranks and their launcher to end.
constexpr double leave_time_s = 1.2;
// After a second signal, s: for drains and merges to end by themselves.
constexpr double last_writes_s = 1.0;

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

// What rank 0 says, on all ranks.
std::string from_rank_0(const Communicator& ranks, const std::string& text) {
  std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(text.data()), reinterpret_cast<const std::byte*>(text.data()) + text.size());
  ranks.broadcast(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Runs `act` on rank 0; its UserError or FileError is thrown on all ranks.
template <class Act>
void on_rank_0(const Communicator& ranks, Act act) {
  std::string error;
  int code = 0;
  if (ranks.rank() == 0) {
    try {
      act();
    } catch (const FileError& e) {
      error = e.what();
      code = e.code();
    } catch (const UserError& e) {
      error = e.what();
    }
  }
  error = from_rank_0(ranks, error);
  if (error.empty()) return;
  code = std::stoi(from_rank_0(ranks, std::to_string(code)));
  if (code != 0) throw FileError(error, code);
  throw UserError(error);
}

// All ranks together: `act`, which throws on all of them or on none. Where it meets a full disk, as often as the job wants to wait for room.
template <class Act>
void with_room(const Communicator& ranks, const Patience& patience, Act act) {
  for (;;) {
    try {
      return act();
    } catch (const FileError& e) {
      if (!e.no_space()) throw;
      const bool again = ranks.rank() == 0 && patience.try_again();
      if (from_rank_0(ranks, again ? "again" : "").empty()) throw;
    }
  }
}

// The same on one rank.
template <class Act>
void with_room(const Patience& patience, Act act) {
  for (;;) {
    try {
      return act();
    } catch (const FileError& e) {
      if (!e.no_space() || !patience.try_again()) throw;
    }
  }
}

// The second signal and those after it: stop at once, whatever is still being written.
bool in_a_hurry() {
  static double since = 0.0;
  const int signals = signals_seen.load();
  if (signals < 2) return false;
  if (since == 0.0) since = unix_now();
  return signals > 2 || unix_now() > since + last_writes_s;
}

void say_no_room(const std::string& error, const Job& job) {
  fmt::print(stderr, "umbra: {}\nNothing that was finished is lost. Make room there and run the same command again{}.\n", error,
             job.output.full_disk == "wait" ? "" : ", or let it wait for room: output: {full_disk: wait}");
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
  Coordinator(const Job& job, const Plan& plan, Store& store, Service& service, Executor& executor, std::function<void(std::uint64_t)>& committed, const Patience& patience, double deadline, bool quiet)
      : job_(job), plan_(plan), sampler_(make_sampler(job, plan)), ledger_(plan.rules), executor_(executor), patience_(patience), deadline_(deadline), quiet_(quiet),
        record_({job, store, service, executor, *sampler_, ledger_, committed, plan.progress, in_a_hurry}, quiet) {}

  RunnerEnd run() {
    StopRequest stop;
    stop.signal = &signals_seen;
    stop.hurry = &hurry;
    stop.deadline = deadline_;
    Campaign campaign(*sampler_, executor_, ledger_, record_);
    try {
      const Ending ending = campaign.run(stop);
      return finish(ending, campaign.cause());
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

  RunnerEnd finish(Ending ending, StopCause cause) {
    bool saved = keep_trying([&] { return record_.close(ending, cause); });
    const Summary summary{job_.name, ending_name(ending), &ledger_, plan_.parameters, plan_.first_parameter, record_.busy_share(), result(),
                          plan_.details && ending != Ending::interrupted ? plan_.details(*sampler_) : ""};
    if (saved && ending != Ending::interrupted) {
      std::vector<Group> groups = summary_groups(summary), more;
      saved = keep_trying([&] {
        if (plan_.conclude) more = plan_.conclude(*sampler_);
        return true;
      });
      for (Group& g : more) groups.push_back(std::move(g));
      saved = saved && keep_trying([&] { return record_.merge(groups); });
      saved = saved && keep_trying([&] {
        replace_file(job_.output.directory + "/summary.json", summary_json(summary));
        return true;
      });
    }
    if (saved && ending == Ending::interrupted && plan_.pause)
      saved = keep_trying([&] {
        plan_.pause(*sampler_);
        return true;
      });
    record_.log().say(fmt::format("end: {}{}", ending_name(ending), saved ? "" : record_.abandoned() ? ", stopped at once" : ", not all is written: " + trouble()));
    record_.show_progress(saved ? ending_name(ending) : "interrupted", true);
    report(ending, summary, saved);
    const bool hard = record_.must_leave_hard();
    return {saved ? exit_code_of(ending) : exit_code::not_done, hard, record_.abandoned()};
  }

  SamplerResult result() const {
    SamplerResult result = sampler_->result();
    const bool found = ledger_.kind() != TaskKind::point || ledger_.count() == 0 || std::isfinite(ledger_.best().log_likelihood);
    if (!found && result.warnings.empty()) result.warnings.push_back(nothing_found(ledger_.count()));
    return result;
  }

  // As often as the job wants to wait for disk space.
  template <class Act>
  bool keep_trying(Act act) {
    for (;;) {
      try {
        if (act()) return true;
        trouble_.clear();
      } catch (const FileError& e) {
        if (!e.no_space()) throw;
        trouble_ = e.what();
      }
      if (record_.abandoned() || record_.must_leave_hard() || !patience_.try_again()) return false;
      record_.show_progress("running", false);
    }
  }

  std::string trouble() const { return trouble_.empty() ? record_.trouble() : trouble_; }

  void report(Ending ending, const Summary& summary, bool saved) const {
    if (record_.abandoned()) fmt::print(stderr, "umbra: stopped at once. Nothing that was finished is lost: run the same command again to go on\n");
    else if (!saved) say_no_room(trouble(), job_);
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
  const Patience& patience_;
  double deadline_;
  bool quiet_;
  std::string trouble_;  // of what is written beside the record
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

// The lock stays as that of a dead owner: other ranks may be writing for another instant.
[[noreturn]] static void leave_at_once(const Communicator& ranks, int code) {
  std::fflush(nullptr);
  if (ranks.size() == 1) _exit(code);
  end_all_ranks(code);
}

RunnerEnd run_plan(const Job& job, const Plan& plan, const Communicator& ranks, const RunnerOptions& options) {
  double deadline = std::numeric_limits<double>::infinity();
  on_rank_0(ranks, [&] { deadline = deadline_of(job, unix_now()); });
  const Patience patience(job, deadline, signals_seen);
  std::unique_ptr<RunLock> lock;
  std::unique_ptr<Store> store;
  std::function<void(std::uint64_t)> committed;  // set by the record, which opens the journal after the store
  StoreOptions store_options;
  store_options.committed = [&committed](std::uint64_t generation) {
    if (committed) committed(generation);
  };
  try {
    with_room(ranks, patience, [&] { on_rank_0(ranks, [&] { lock = take_run_directory(job, options.fresh); }); });
    with_room(ranks, patience, [&] { store = Store::open(job.output.directory, plan.tables, ranks, store_options); });
  } catch (const FileError& e) {
    if (!e.no_space()) throw;
    if (ranks.rank() == 0) say_no_room(e.what(), job);
    return {exit_code::not_done};
  }
  Service service(ranks, [&store](const std::vector<std::byte>& command) { store->execute(command); });
  service.start();
  RunnerEnd end;
  try {
    if (ranks.rank() == 0) {
      std::unique_ptr<Executor> executor;
      try {
        with_room(patience, [&] { executor = options.executor ? options.executor(*store) : make_mpi_executor(ranks, plan.work, store->sink()); });
        std::optional<Coordinator> coordinator;
        with_room(patience, [&] { coordinator.emplace(job, plan, *store, service, *executor, committed, patience, deadline, options.quiet); });
        end = coordinator->run();
      } catch (const FileError& e) {
        if (!e.no_space()) throw;
        say_no_room(e.what(), job);
        end.exit_code = exit_code::not_done;
      }
      if (end.at_once) leave_at_once(ranks, end.exit_code);
      end.leave_hard = (executor && !executor->stop()) || end.leave_hard;
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
