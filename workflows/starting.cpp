#include "workflows/starting.h"

#include <fmt/format.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "jobs/simulators/process_tree.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "workflows/commands.h"

namespace umbra {

bool under_mpi() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"})
    if (std::getenv(variable)) return true;
  return false;
}

namespace {

std::atomic<pid_t> launched{0};

[[noreturn]] void become_mpirun(std::vector<char*> arguments) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  setpgid(0, 0);  // so that Ctrl-C at the terminal reaches the ranks through us alone
  if (const int nothing = open("/dev/null", O_RDONLY); nothing >= 0) dup2(nothing, STDIN_FILENO);  // a background process may not read a terminal
  execvp(arguments[0], arguments.data());
  _exit(127);
}

// mpirun may wait for a lock of its own for ever when its ranks have died (seen in PMIx 4.2, once in some hundred deaths): it is ended once it has had no living child for a while.
class LauncherWatch {
 public:
  explicit LauncherWatch(pid_t launcher) : thread_([launcher](const std::stop_token& end) { watch(launcher, end); }) {}

 private:
  static void watch(pid_t launcher, const std::stop_token& end) {
    constexpr int patience_s = 10;
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock sleep(mutex);
    bool had_child = false;
    for (int alone_s = 0; !never.wait_for(sleep, end, std::chrono::seconds(1), [] { return false; }) && !end.stop_requested();) {
      const bool has_child = has_living_child(launcher);
      had_child = had_child || has_child;
      alone_s = has_child || !had_child ? 0 : alone_s + 1;
      if (alone_s < patience_s) continue;
      fmt::print(stderr, "umbra: all ranks have ended and mpirun has not: it is ended\n");
      kill(launcher, SIGKILL);
      return;
    }
  }

  std::jthread thread_;
};

int wait_for_end(pid_t process) {
  const LauncherWatch watch(process);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int start_mpirun(int ranks, const std::string& program, const std::vector<std::string>& given) {
  // --quiet: it explains at length that exit code 75 is not 0. And it waits two seconds before it ends ranks that have ended.
  std::vector<std::string> words = {"mpirun", "--quiet", "-n", std::to_string(ranks), "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--mca", "odls_base_sigkill_timeout", "0", program};
  words.insert(words.end(), given.begin(), given.end());
  if (geteuid() == 0) {
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  }
  std::vector<char*> arguments;
  for (std::string& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  const pid_t process = fork();
  VALIDATE(process >= 0, "a process cannot be made for mpirun: {}", std::strerror(errno));
  if (process == 0) become_mpirun(arguments);
  launched = process;
  struct sigaction action {};
  action.sa_handler = [](int) { kill(launched.load(), SIGUSR1); };
  for (const int s : {SIGTERM, SIGINT, SIGUSR1}) sigaction(s, &action, nullptr);
  const int code = wait_for_end(process);
  VALIDATE(code != 127, "mpirun cannot be started (umbra needs it for more than one rank): load your MPI, or start `mpirun -n N umbra run JOB` yourself");
  if (code > 128) fmt::print(stderr, "umbra: a rank was ended by signal {} ({}). run the same command again\n", code - 128, strsignal(code - 128));
  return code;
}

std::string read_job_text(const std::string& file) {
  VALIDATE(!std::filesystem::is_directory(file), "the job file {} is a folder: name the YAML file in it", file);
  std::ifstream in(file);
  VALIDATE(in.good(), "the job file {} cannot be read: is the path right? `umbra new scan` prints one to start from", file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::pair<Job, Plan> read_plan(const std::string& text, const std::string& file, const std::vector<std::string>& overrides, bool coordinates) {
  Faults faults;
  Job job = Job::read(text, file, overrides, faults);
  job.coordinates = coordinates;
  working_directory() = {std::filesystem::absolute(file).parent_path(), std::filesystem::absolute(job.output.directory)};
  Plan plan;
  if (const auto workflow = find_workflow(job, faults)) plan = workflow->plan(job, faults);
  if (job.slice && coordinates && faults.empty() && !plan.slices)
    faults.add(job.root.find("slice")->mark(),
               "slice: what this campaign evaluates, or where it ends, depends on what came before, so that no part of it can be made alone: run it whole. Slices "
               "are for scans with random, sobol, latin_hypercube or grid, and for a number of toys (stop: {toys: N}) of hypotheses, a discovery, an interval or a fit");
  faults.throw_if_any(file);
  if (job.slice) plan.rules.slice = *job.slice;
  for (const auto& [path, value] : plan.resolved) job.root.set_path(path, value);
  return {std::move(job), std::move(plan)};
}

namespace {

RunnerEnd on_all_ranks(const std::string& file, const std::vector<std::string>& overrides, const std::function<RunnerEnd(const Job&, const Plan&, const Communicator&)>& act) {
  int argc = 0;
  char** argv = nullptr;
  MpiSession session(argc, argv);
  const Communicator ranks = Communicator::world();
  std::string text, error;
  std::optional<std::pair<Job, Plan>> read;
  if (ranks.rank() == 0) {
    // Rank 0 finds the faults of a job before the others have read it: they learn that there is nothing to do.
    try {
      text = read_job_text(file);
      read = read_plan(text, file, overrides, true);
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
    if (!read) read = read_plan(parcel.substr(1), file, overrides, false);
  } catch (const UserError& e) {
    // The others go on, and would wait for this rank.
    fmt::print(stderr, "umbra: rank {} cannot use the job that rank 0 can (a file that its host does not see?):\n{}\n", ranks.rank(), e.what());
    end_all_ranks(exit_code::bad_job);
  }
  try {
    end = act(read->first, read->second, ranks);
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
