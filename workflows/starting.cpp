#include "workflows/starting.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "src/base/error.h"
#include "workflows/commands.h"

namespace umbra {

bool under_mpi() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"})
    if (std::getenv(variable)) return true;
  return false;
}

void start_mpirun(int ranks, const std::string& program, const std::vector<std::string>& given) {
  std::vector<std::string> words = {"mpirun", "-n", std::to_string(ranks), "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--mca", "odls_base_sigkill_timeout", "30", program};
  words.insert(words.end(), given.begin(), given.end());
  if (geteuid() == 0) {
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  }
  std::vector<char*> arguments;
  for (std::string& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  execvp("mpirun", arguments.data());
  throw UserError("mpirun cannot be started (umbra needs it for more than one rank): load your MPI, or start `mpirun -n N umbra run JOB` yourself");
}

std::string read_job_text(const std::string& file) {
  std::ifstream in(file);
  VALIDATE(in.good(), "the job file {} cannot be read: is the path right? `umbra new scan` prints one to start from", file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::pair<Job, Plan> read_plan(const std::string& text, const std::string& file, const std::vector<std::string>& overrides) {
  Faults faults;
  Job job = Job::read(text, file, overrides, faults);
  Plan plan;
  if (const auto workflow = find_workflow(job, faults)) plan = workflow->plan(job, faults);
  faults.throw_if_any(file);
  return {std::move(job), std::move(plan)};
}

namespace {

RunnerEnd on_all_ranks(const std::string& file, const std::vector<std::string>& overrides, const std::function<RunnerEnd(const Job&, const Plan&, const Communicator&)>& act) {
  int argc = 0;
  char** argv = nullptr;
  MpiSession session(argc, argv);
  const Communicator ranks = Communicator::world();
  std::string text, error;
  if (ranks.rank() == 0) {
    // Rank 0 finds the faults of a job before the others have read it: they learn that there is nothing to do.
    try {
      text = read_job_text(file);
      read_plan(text, file, overrides);
    } catch (const UserError& e) {
      error = e.what();
    }
  }
  std::string parcel = fmt::format("{}{}", error.empty() ? '+' : '-', error.empty() ? text : error);
  std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(parcel.data()), reinterpret_cast<const std::byte*>(parcel.data()) + parcel.size());
  ranks.broadcast(bytes);
  parcel.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (parcel.front() == '-') {
    if (ranks.rank() == 0) fmt::print(stderr, "{}\n", parcel.substr(1));
    return {exit_code::bad_job, false};
  }
  RunnerEnd end;
  try {
    const auto [job, plan] = read_plan(parcel.substr(1), file, overrides);
    end = act(job, plan, ranks);
  } catch (const UserError& e) {
    if (ranks.rank() == 0) fmt::print(stderr, "umbra: {}\n", e.what());
    end.exit_code = exit_code::bad_job;
  }
  return end;
}

}  // namespace

int with_job(const std::string& file, const std::vector<std::string>& overrides, const std::function<RunnerEnd(const Job&, const Plan&, const Communicator&)>& act) {
  const RunnerEnd end = on_all_ranks(file, overrides, act);
  std::fflush(nullptr);
  if (end.leave_hard) _exit(end.exit_code);
  return end.exit_code;
}

}  // namespace umbra
