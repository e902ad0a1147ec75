// umbra run: reads the job on rank 0, hands it to all ranks, and runs it.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "jobs/communicator.h"
#include "src/base/error.h"
#include "workflows/commands.h"
#include "workflows/runner.h"
#include "workflows/workflow.h"

namespace umbra {
namespace {

// Replaces this process by mpirun with as many ranks; returns only where that fails.
void start_mpirun(const RunOptions& options, const std::string& program) {
  std::vector<std::string> words = {"mpirun", "-n", std::to_string(options.ranks), "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--mca", "odls_base_sigkill_timeout", "30"};
  if (geteuid() == 0) {
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  }
  words.insert(words.end(), {program, "run", options.job});
  words.insert(words.end(), options.overrides.begin(), options.overrides.end());
  if (options.fresh) words.push_back("--fresh");
  if (options.quiet) words.push_back("--quiet");
  std::vector<char*> arguments;
  for (std::string& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  execvp("mpirun", arguments.data());
  throw UserError("mpirun cannot be started (umbra needs it for --ranks): load your MPI, or start `mpirun -n N umbra run JOB` yourself");
}

std::string read_text(const std::string& file) {
  std::ifstream in(file);
  VALIDATE(in.good(), "the job file {} cannot be read: is the path right? `umbra new scan` prints one to start from", file);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Ready {
  Job job;
  Plan plan;
};

Ready prepare(const std::string& text, const RunOptions& options) {
  Faults faults;
  Ready ready;
  ready.job = Job::read(text, options.job, options.overrides, faults);
  if (const auto workflow = find_workflow(ready.job, faults)) ready.plan = workflow->plan(ready.job, faults);
  faults.throw_if_any(options.job);
  return ready;
}

[[noreturn]] void leave_hard(int code) {
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

int run_command(const RunOptions& options, const std::string& program) {
  if (options.ranks > 0) start_mpirun(options, program);
  int argc = 0;
  char** argv = nullptr;
  RunnerEnd end;
  {
    MpiSession session(argc, argv);
    const Communicator ranks = Communicator::world();
    std::string text, error;
    if (ranks.rank() == 0) {
      // A fault of the job is found by rank 0 alone, before the others have read it: they learn that there is nothing to do.
      try {
        text = read_text(options.job);
        prepare(text, options);
      } catch (const UserError& e) {
        error = e.what();
      }
    }
    std::string parcel = fmt::format("{}{}", error.empty() ? "+" : "-", error.empty() ? text : error);
    std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(parcel.data()), reinterpret_cast<const std::byte*>(parcel.data()) + parcel.size());
    ranks.broadcast(bytes);
    parcel.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (parcel.front() == '-') {
      if (ranks.rank() == 0) fmt::print(stderr, "{}\n", parcel.substr(1));
      return exit_code::bad_job;
    }
    try {
      const Ready ready = prepare(parcel.substr(1), options);
      end = run_plan(ready.job, ready.plan, ranks, {options.fresh, options.quiet});
    } catch (const UserError& e) {
      if (ranks.rank() == 0) fmt::print(stderr, "umbra: {}\n", e.what());
      end.exit_code = exit_code::bad_job;
    }
    if (end.leave_hard) leave_hard(end.exit_code);
  }
  return end.exit_code;
}

}  // namespace umbra
