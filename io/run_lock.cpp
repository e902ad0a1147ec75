#include "io/run_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "io/file.h"

namespace umbra {
namespace {

constexpr int longest_death_ms = 10000;

/// Who holds a lock.
struct Owner {
  std::string host;
  std::string boot;             ///< of the host
  long pid = 0;
  std::string started;          ///< when the process started, in ticks after the boot; a process id alone is used again
  std::string job;              ///< of the batch system
  long restart = 0;             ///< of the job
  bool operator==(const Owner&) const = default;
};

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

bool has_threads(long pid) {
  std::error_code gone;
  const std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) + "/task", gone);
  return !gone && std::distance(begin(threads), end(threads)) > 1;
}

/// Field 22 of /proc/PID/stat; "" where there is no such process (or it is a zombie: none of its threads does anything any more).
std::string start_of(long pid) {
  const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) {
    fields >> field;
    if (i == 3 && (field == "Z" || field == "X") && !has_threads(pid)) return "";
  }
  return field;
}

/// Whether a process is being killed: threads may still be in the kernel, and finish a write or a rename there.
bool is_dying(long pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("State:\tZ", 0) == 0) return true;
    for (const char* pending : {"SigPnd:", "ShdPnd:"})
      if (line.rfind(pending, 0) == 0 && (std::strtoull(line.c_str() + 7, nullptr, 16) >> (SIGKILL - 1) & 1) != 0) return true;
  }
  return false;
}

Owner myself() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const char* job = std::getenv("SLURM_JOB_ID");
  const char* restart = std::getenv("SLURM_RESTART_COUNT");
  return {host, first_line("/proc/sys/kernel/random/boot_id"), ::getpid(), start_of(::getpid()), job ? job : "", restart ? std::strtol(restart, nullptr, 10) : 0};
}

std::string write(const Owner& o) { return fmt::format("host {}\nboot {}\npid {}\nstarted {}\njob {}\nrestart {}\n", o.host, o.boot, o.pid, o.started, o.job, o.restart); }

Owner read(const std::string& path) {
  Owner o;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    const std::string key = line.substr(0, space), value = space == std::string::npos ? "" : line.substr(space + 1);
    if (key == "host") o.host = value;
    if (key == "boot") o.boot = value;
    if (key == "pid") o.pid = std::strtol(value.c_str(), nullptr, 10);
    if (key == "started") o.started = value;
    if (key == "job") o.job = value;
    if (key == "restart") o.restart = std::strtol(value.c_str(), nullptr, 10);
  }
  return o;
}

double modified(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return 0.0;
  return static_cast<double>(s.st_mtim.tv_sec) + 1e-9 * static_cast<double>(s.st_mtim.tv_nsec);
}

bool is_here(const Owner& owner, const Owner& me) { return owner.host == me.host && owner.boot == me.boot; }

bool runs(const Owner& owner) { return !owner.started.empty() && start_of(owner.pid) == owner.started; }

}  // namespace

struct RunLock::Impl {
  std::string path;
  Owner me;
  double stale_s = 0.0, heartbeat_s = 0.0;
  std::mutex mutex;
  std::condition_variable wake;
  bool ending = false;
  std::thread heart;

  // Whether an owner on another host lives, as far as its signs of life tell; `mine` is a file whose time is that of the file system.
  bool lives_elsewhere(const Owner& owner, const std::string& mine) const {
    if (owner.host == me.host) return false;  // before this host was started anew
    const bool earlier_self = !me.job.empty() && owner.job == me.job && owner.restart < me.restart;
    const double patience_s = earlier_self ? 2.5 * heartbeat_s : stale_s;
    for (const double seen = modified(path);; std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
      ::utimensat(AT_FDCWD, mine.c_str(), nullptr, 0);
      if (!(read(path) == owner)) return false;  // it is gone: try again
      const double last = modified(path);
      if (modified(mine) - last >= patience_s) return false;
      if (me.job.empty() || last > seen) return true;
    }
  }
};

RunLock::RunLock(const std::string& directory, double stale_s, double heartbeat_s) : impl_(std::make_unique<Impl>()) {
  make_directory(directory);
  impl_->path = directory + "/lock";
  impl_->me = myself();
  impl_->stale_s = stale_s;
  impl_->heartbeat_s = heartbeat_s;
  const std::string mine = fmt::format("{}.{}.{}", impl_->path, impl_->me.host, impl_->me.pid);
  try {
    File f(mine, File::Mode::create);
    const std::string text = write(impl_->me);
    f.write(std::as_bytes(std::span(text)));
    f.sync();
    f.close();
  } catch (const FileError&) {
    ::unlink(mine.c_str());
    throw;
  }
  // A link is made by one process only, on network file systems too.
  for (int attempt = 0; ::link(mine.c_str(), impl_->path.c_str()) != 0; ++attempt) {
    const int code = errno;
    if (code != EEXIST || attempt == 10) {
      ::unlink(mine.c_str());
      throw FileError(fmt::format("cannot lock {} ({})", directory, code == EEXIST ? "others take it at the same time" : std::strerror(code)), code);
    }
    const Owner owner = read(impl_->path);
    const bool here = is_here(owner, impl_->me);
    if (here)
      for (int ms = 0; ms < longest_death_ms && start_of(owner.pid) == owner.started && is_dying(owner.pid); ++ms) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (here ? runs(owner) : impl_->lives_elsewhere(owner, mine)) {
      ::unlink(mine.c_str());
      throw UserError(fmt::format("{} is in use by process {} on {}{} (two campaigns on one directory would destroy each other's result); wait for it, stop it, or choose another directory{}",
                                  directory, owner.pid, owner.host, owner.job.empty() ? "" : " (job " + owner.job + ")",
                                  here ? "" : fmt::format("; a dead owner's lock is taken over {:.0f} s after its last sign of life", stale_s)));
    }
    // Of several who see the dead owner one moves its lock away; who moved a living one's by mistake puts it back.
    const std::string dead = mine + ".dead";
    if (::rename(impl_->path.c_str(), dead.c_str()) == 0 && !(read(dead) == owner)) [[maybe_unused]] const int back = ::link(dead.c_str(), impl_->path.c_str());
    ::unlink(dead.c_str());
  }
  ::unlink(mine.c_str());
  impl_->heart = std::thread([impl = impl_.get(), heartbeat_s] {
    std::unique_lock lock(impl->mutex);
    while (!impl->wake.wait_for(lock, std::chrono::duration<double>(heartbeat_s), [&] { return impl->ending; })) ::utimensat(AT_FDCWD, impl->path.c_str(), nullptr, 0);
  });
}

RunLock::~RunLock() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->wake.notify_all();
  impl_->heart.join();
  if (read(impl_->path) == impl_->me) ::unlink(impl_->path.c_str());
}

LockState lock_state(const std::string& directory, double stale_s) {
  const std::string path = directory + "/lock";
  if (!exists(path)) return LockState::free;
  const Owner owner = read(path), me = myself();
  if (is_here(owner, me)) return runs(owner) ? LockState::held : LockState::dead;
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return owner.host != me.host && now - modified(path) < stale_s ? LockState::held : LockState::dead;
}

}  // namespace umbra
