// umbra-guard: the parent of every process that one rank starts. A subreaper: whatever a simulator leaves behind, detached or not, becomes
// its child, so that the end of a run, or of the rank (its end of the socket closes), is the end of them all.
//   umbra-guard SCRATCH, with the socket as descriptor 3 and the board's memory as 4; SCRATCH is removed at the end.

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "jobs/simulators/guard_protocol.h"
#include "jobs/simulators/process_tree.h"
#include "jobs/simulators/remove_tree.h"

using namespace umbra;

namespace {

constexpr int rank_socket = 3, board_memory = 4;
const GuardBoard* board = nullptr;
constexpr int ignored_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
int child_signals = -1;  // a signalfd that is readable when a child ends

double now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double reaped_cpu_seconds() {
  rusage r{};
  getrusage(RUSAGE_CHILDREN, &r);
  return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + 1e-6 * static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

struct Run {
  GuardRequest request;
  const char* directory = nullptr;
  const char* out = nullptr;
  const char* err = nullptr;
  std::vector<char*> arguments;    // ends with a null pointer
  std::vector<char*> environment;  // likewise
  int pipes[2] = {-1, -1};
};

bool fail(int& error) {
  error = errno;
  return false;
}

// In the child of vfork: only system calls. False, with `error` set, where something failed.
bool become(const Run& run, int& error) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int s : ignored_signals) signal(s, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Where the node runs out of memory the kernel should take a simulator, not a rank.
  if (const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); file >= 0) {
    [[maybe_unused]] const ssize_t written = write(file, "500", 3);
    close(file);
  }
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (run.request.limits.output > 0) {
    const rlimit size{static_cast<rlim_t>(run.request.limits.output), static_cast<rlim_t>(run.request.limits.output)};
    setrlimit(RLIMIT_FSIZE, &size);
  }
  if (run.request.cores > 1) {
    cpu_set_t every;
    std::memset(&every, 0xff, sizeof every);
    sched_setaffinity(0, sizeof every, &every);
  }
  if (chdir(run.directory) != 0) return fail(error);
  const int in = run.pipes[0] >= 0 ? run.pipes[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = run.pipes[1] >= 0 ? run.pipes[1] : open(run.out, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  const int err = open(run.err, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) return fail(error);
  execvpe(run.arguments[0], run.arguments.data(), run.environment.data());
  return fail(error);
}

pid_t start(const Run& run, int& error) {
  volatile int child_error = 0;
  const pid_t child = vfork();
  if (child == 0) {
    int e = 0;
    become(run, e);
    child_error = e;
    _exit(127);
  }
  if (child < 0) child_error = errno;
  error = child_error;
  return child;
}

// Takes every child that has ended. True while `watched` is among the living; its status goes to `wait_status`.
bool reap(pid_t watched, bool alive, int& wait_status, bool& any_left) {
  signalfd_siginfo pending;
  while (read(child_signals, &pending, sizeof pending) > 0) {
  }
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
    if (ended != watched) continue;
    wait_status = status;
    alive = false;
  }
  any_left = ended == 0;
  return alive;
}

void wait_for(double seconds, bool also_rank, bool& rank_spoke) {
  pollfd events[2] = {{child_signals, POLLIN, 0}, {rank_socket, POLLIN, 0}};
  timespec t{static_cast<time_t>(seconds), static_cast<long>(1e9 * (seconds - static_cast<double>(static_cast<time_t>(seconds))))};
  ppoll(events, also_rank ? 2 : 1, seconds < 0 ? nullptr : &t, nullptr);
  rank_spoke = also_rank && events[1].revents != 0;
}

// Kills until no child is left. What hangs in the kernel (a dead network disk) is given 10 s and is tried again at the end of the next run.
std::uint32_t end_all(pid_t watched, bool alive, int& wait_status) {
  std::uint32_t killed = 0;
  bool any_left = true, ignored = false;
  const double give_up = now() + 10.0;
  for (alive = reap(watched, alive, wait_status, any_left); any_left && now() < give_up; alive = reap(watched, alive, wait_status, any_left)) {
    for (const pid_t p : descendants(getpid()))
      if (kill(p, SIGKILL) == 0 && p != watched) ++killed;
    wait_for(0.002, false, ignored);
  }
  return killed;
}

// Seconds until use could reach its limit if it grew at `rate` from now on, within what is worth a look.
double next_look(double used, double limit, double rate) { return std::clamp((limit - used) / rate, 0.005, 0.1); }

// @return false where the rank is gone
bool carry_out(const Run& run, GuardReply& reply) {
  const ProcessLimits& limits = run.request.limits;
  const double begin = now(), cpu_before = reaped_cpu_seconds();
  reply = {};
  const pid_t child = start(run, reply.error);
  for (const int p : run.pipes)
    if (p >= 0) close(p);
  bool rank_there = true, alive = child > 0, any_left = false;
  double asked = 0.0, cpu_asked = 0.0;  // of a process that talks through pipes: the deadline of the last question, and the CPU time used before it
  reply.end = reply.error != 0 ? GuardReply::End::not_started : GuardReply::End::itself;
  while (alive && reply.error == 0) {
    alive = reap(child, alive, reply.wait_status, any_left);
    if (!alive) break;
    double wait = limits.timeout > 0 ? begin + limits.timeout - now() : 3600.0;
    bool counted = true;
    if (run.request.pipes != 0) {
      const double deadline = board->deadline.load(std::memory_order_relaxed);
      counted = deadline > 0 && deadline == asked && board->cpu_limited.load(std::memory_order_relaxed);
      asked = deadline;
      wait = std::clamp(deadline > 0 ? deadline - now() : 0.02, 0.0, 0.02);
    }
    if (wait <= 0) reply.end = GuardReply::End::timeout;
    if (limits.memory > 0 || limits.cpu_time > 0) {
      const ProcessUsage used = usage(descendants(getpid()));
      const double cpu_all = used.cpu_seconds + reaped_cpu_seconds() - cpu_before;
      if (!counted) cpu_asked = cpu_all;
      const double cpu = cpu_all - cpu_asked;
      reply.memory = std::max(reply.memory, used.memory);
      if (limits.memory > 0 && used.memory > limits.memory) reply.end = GuardReply::End::memory;
      if (limits.cpu_time > 0 && cpu > limits.cpu_time) reply.end = GuardReply::End::cpu_time;
      if (limits.memory > 0) wait = std::min(wait, next_look(used.memory, limits.memory, 8e9));
      if (limits.cpu_time > 0) wait = std::min(wait, next_look(cpu, limits.cpu_time, 1.0));
    }
    if (reply.end != GuardReply::End::itself) break;
    bool rank_spoke = false;
    wait_for(wait, true, rank_spoke);
    if (!rank_spoke) continue;
    GuardRequest word;
    const ssize_t n = recv(rank_socket, &word, sizeof word, MSG_DONTWAIT);
    rank_there = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
    if (n > 0 || !rank_there) {
      reply.end = GuardReply::End::killed;
      break;
    }
  }
  reply.stragglers = end_all(child, alive, reply.wait_status);
  reply.seconds = now() - begin;
  reply.cpu_seconds = reaped_cpu_seconds() - cpu_before;
  return rank_there;
}

// One packet. False where the rank is gone.
bool receive(Run& run, std::vector<char>& packet) {
  iovec whole{packet.data(), packet.size() - 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof run.pipes)];
  msghdr message{};
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do size = recvmsg(rank_socket, &message, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < static_cast<ssize_t>(sizeof run.request)) return false;
  packet[static_cast<std::size_t>(size)] = '\0';
  std::memcpy(&run.request, packet.data(), sizeof run.request);
  const cmsghdr* part = CMSG_FIRSTHDR(&message);
  if (part && part->cmsg_type == SCM_RIGHTS) std::memcpy(run.pipes, CMSG_DATA(part), sizeof run.pipes);

  char* at = packet.data() + sizeof run.request;
  const auto next = [&] {
    char* const text = at;
    at = std::min(at + std::strlen(at) + 1, packet.data() + size);
    return text;
  };
  run.directory = next();
  run.out = next();
  run.err = next();
  for (std::uint32_t i = 0; i < run.request.num_arguments; ++i) run.arguments.push_back(next());
  run.arguments.push_back(nullptr);
  // Variables of the request come first, so that they hide those of the same name.
  for (std::uint32_t i = 0; i < run.request.num_variables; ++i) run.environment.push_back(next());
  const std::size_t given = run.environment.size();
  for (char** v = environ; *v; ++v) {
    const std::size_t name = std::strcspn(*v, "=") + 1;
    if (std::none_of(run.environment.begin(), run.environment.begin() + static_cast<std::ptrdiff_t>(given), [&](const char* g) { return std::strncmp(g, *v, name) == 0; }))
      run.environment.push_back(*v);
  }
  run.environment.push_back(nullptr);
  return true;
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 2) return 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_NAME, "umbra-guard");
  for (const int s : ignored_signals) signal(s, SIG_IGN);
  fcntl(rank_socket, F_SETFD, FD_CLOEXEC);
  void* const memory = mmap(nullptr, sizeof(GuardBoard), PROT_READ, MAP_SHARED, board_memory, 0);
  if (memory == MAP_FAILED) return 2;
  board = static_cast<const GuardBoard*>(memory);
  // A descriptor of the rank that stayed open here would keep mpirun, or whoever reads the rank's output, waiting.
  const int null = open("/dev/null", O_RDWR);
  for (int standard = 0; standard < 3; ++standard) dup2(null, standard);
  for (long d = 4, end = syscall(SYS_close_range, 4u, ~0u, 0u) == 0 ? 4 : sysconf(_SC_OPEN_MAX); d < end; ++d) close(static_cast<int>(d));
  [[maybe_unused]] const int moved = chdir("/");
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child_ended, nullptr);
  child_signals = signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK);

  std::vector<char> packet(guard_packet_size + 1);
  for (bool rank_there = true; rank_there;) {
    Run run;
    rank_there = receive(run, packet);
    if (!rank_there || run.request.kind == GuardRequest::Kind::kill) continue;  // what it would kill has ended already
    GuardReply reply;
    rank_there = carry_out(run, reply);
    if (rank_there) rank_there = send(rank_socket, &reply, sizeof reply, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof reply);
  }
  remove_tree(argv[1]);
  return 0;
}
