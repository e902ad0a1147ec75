#include "jobs/simulators/guard.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

#include "jobs/simulators/process_tree.h"
#include "jobs/simulators/remove_tree.h"
#include "src/base/error.h"

namespace umbra {
namespace {

std::string make_scratch() {
  std::string base = "/tmp";
  for (const char* variable : {"SLURM_TMPDIR", "TMPDIR"}) {
    const char* value = std::getenv(variable);
    if (!value || !*value) continue;
    base = value;
    break;
  }
  std::error_code ignored;
  std::string path = std::filesystem::absolute(base, ignored).string() + "/umbra-XXXXXX";  // simulators run elsewhere
  VALIDATE(mkdtemp(path.data()), "cannot make a scratch directory in {}: {} (simulators run in one), point TMPDIR to a folder with room", base, std::strerror(errno));
  return path;
}

// A simulator that uses MPI itself must not take itself for a rank of this campaign.
bool belongs_to_mpi(const char* variable) {
  for (const char* prefix : {"PMIX_", "PMI_", "PMI2_", "PRTE_", "OMPI_"})
    if (std::strncmp(variable, prefix, std::strlen(prefix)) == 0) return std::strncmp(variable, "OMPI_ALLOW_", 11) != 0;
  return false;
}

std::string mark_of(const std::string& scratch) { return "UMBRA_WORKER=" + scratch; }

}  // namespace

std::string companion_program(const std::string& name) {
  namespace fs = std::filesystem;
  std::vector<fs::path> folders;
  if (const char* given = std::getenv("UMBRA_BIN")) folders.emplace_back(given);
  Dl_info library{};
  std::error_code ignored;
  if (dladdr(reinterpret_cast<const void*>(&companion_program), &library) && library.dli_fname) {
    const fs::path folder = fs::absolute(library.dli_fname, ignored).parent_path();
    folders.insert(folders.end(), {folder, folder.parent_path() / "bin", folder.parent_path().parent_path() / "bin"});
  }
  folders.push_back(fs::read_symlink("/proc/self/exe", ignored).parent_path());
  for (const fs::path& folder : folders)
    if (access((folder / name).c_str(), X_OK) == 0) return folder / name;
  return {};
}

Guard::Guard() : scratch_(make_scratch()) {
  memory_ = memfd_create("umbra-guard", MFD_CLOEXEC);
  void* const memory = memory_ >= 0 && ftruncate(memory_, sizeof(GuardBoard)) == 0 ? mmap(nullptr, sizeof(GuardBoard), PROT_READ | PROT_WRITE, MAP_SHARED, memory_, 0) : MAP_FAILED;
  VALIDATE(memory != MAP_FAILED, "cannot share memory with the guard process: {}", std::strerror(errno));
  board_ = new (memory) GuardBoard;
  // A program that dies must not take the rank with it when the rank writes to it.
  struct sigaction broken_pipe {};
  if (sigaction(SIGPIPE, nullptr, &broken_pipe) == 0 && broken_pipe.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
  try {
    launch();
  } catch (...) {
    remove_tree(scratch_);
    throw;
  }
}

Guard::~Guard() {
  release();
  munmap(board_, sizeof(GuardBoard));
  close(memory_);
  remove_tree(scratch_);  // has gone, unless the guard was killed
}

void Guard::launch() {
  std::error_code ignored;
  std::filesystem::create_directories(scratch_, ignored);  // a guard that was lost may have taken it along
  int ends[2];
  VALIDATE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot make a socket pair: {}", std::strerror(errno));
  int size = 2 * static_cast<int>(guard_packet_size);
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);

  std::vector<char*> environment;
  for (char** v = environ; *v; ++v)
    if (!belongs_to_mpi(*v)) environment.push_back(*v);
  std::string mark = mark_of(scratch_);
  environment.push_back(mark.data());
  environment.push_back(nullptr);

  std::string path = companion_program("umbra-guard");
  VALIDATE(!path.empty(), "umbra-guard was not found beside Umbra's library (it watches over simulators), point UMBRA_BIN to the folder of Umbra's programs");
  std::string name = "umbra-guard", scratch = scratch_;
  char* arguments[] = {name.data(), scratch.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Through numbers that cannot be 3 or 4 already: dup2 onto itself would keep a descriptor from being inherited.
  const int high = fcntl(ends[1], F_DUPFD_CLOEXEC, 10), high_memory = fcntl(memory_, F_DUPFD_CLOEXEC, 10);
  posix_spawn_file_actions_adddup2(&actions, high, 3);
  posix_spawn_file_actions_adddup2(&actions, high_memory, 4);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);  // until it says itself what it ignores
  posix_spawnattr_setsigmask(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  const int error = posix_spawn(&process_, path.c_str(), &actions, &attributes, arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(high);
  close(high_memory);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    process_ = -1;
    throw UserError(fmt::format("cannot start {}: {} (it watches over simulators)", path, std::strerror(error)));
  }
  socket_ = ends[0];
}

GuardReply Guard::lost() {
  release();
  end_orphans();
  return {};
}

void Guard::end_orphans() const {
  const std::string mark = mark_of(scratch_);
  for (bool found = true; found;) {
    found = false;
    for (const pid_t p : processes_with("environ", mark)) found = kill(p, SIGKILL) == 0 || found;
  }
}

void Guard::release() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  while (process_ > 0 && waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
}

bool Guard::send(const Command& command, const int* pipes) {
  if (socket_ < 0) launch();
  GuardRequest request;
  request.pipes = pipes ? 1 : 0;
  request.cores = static_cast<std::uint32_t>(command.cores);
  request.limits = command.limits;
  request.num_arguments = static_cast<std::uint32_t>(command.arguments.size());
  request.num_variables = static_cast<std::uint32_t>(command.variables.size());
  std::string packet(reinterpret_cast<const char*>(&request), sizeof request);
  const auto add = [&packet](const std::string& text) { packet.append(text.c_str(), text.size() + 1); };
  add(command.directory);
  add(command.out);
  add(command.err);
  for (const std::string& a : command.arguments) add(a);
  for (const std::string& v : command.variables) add(v);
  VALIDATE(packet.size() < guard_packet_size, "the command line of {} is too long ({} bytes), put it into a script", command.arguments.front(), packet.size());

  iovec whole{packet.data(), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  if (pipes) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(2 * sizeof(int));
    std::memcpy(CMSG_DATA(part), pipes, 2 * sizeof(int));
  }
  ssize_t sent = 0;
  do sent = sendmsg(socket_, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent > 0) return true;
  lost();
  return false;
}

GuardReply Guard::run(const Command& command) { return send(command, nullptr) ? wait() : GuardReply{}; }

bool Guard::start(const Command& command, int in, int out) {
  const int pipes[2] = {in, out};
  return send(command, pipes);
}

GuardReply Guard::wait() {
  GuardReply reply;
  ssize_t size = 0;
  do size = recv(socket_, &reply, sizeof reply, 0);
  while (size < 0 && errno == EINTR);
  if (size == static_cast<ssize_t>(sizeof reply)) return reply;
  return lost();
}

GuardReply Guard::stop() {
  GuardRequest request;
  request.kind = GuardRequest::Kind::kill;
  if (socket_ < 0 || ::send(socket_, &request, sizeof request, MSG_NOSIGNAL) < 0) return lost();
  return wait();
}

}  // namespace umbra
