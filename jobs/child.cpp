#include "jobs/child.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "jobs/clock.h"
#include "src/base/error.h"

namespace umbra {

namespace {

// False where the other end is closed.
bool send_all(int descriptor, const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t n = send(descriptor, at, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// At least a byte, or the end (0), or an error (-1).
ssize_t receive(int descriptor, void* bytes, std::size_t size) {
  for (;;)
    if (const ssize_t n = recv(descriptor, bytes, size, 0); n >= 0 || errno != EINTR) return n;
}

}  // namespace

void Child::Voice::say(const void* bytes, std::size_t size) const {
  if (!send_all(descriptor_, bytes, size)) _exit(1);
}

void Child::Voice::hear(void* bytes, std::size_t size) const {
  for (char* at = static_cast<char*>(bytes); size > 0;) {
    const ssize_t n = receive(descriptor_, at, size);
    if (n <= 0) _exit(1);
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

Child::Child(const std::function<void(const Voice&)>& act) {
  int ends[2];
  VALIDATE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a connection to a child process cannot be made: {}", std::strerror(errno));
  process_ = fork();
  if (process_ < 0) {
    const int reason = errno;
    close(ends[0]);
    close(ends[1]);
    throw UserError(fmt::format("a child process cannot be made: {}", std::strerror(reason)));
  }
  if (process_ == 0) {
    close(ends[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // MPI's handlers would print a page about a crash that is expected.
    for (const int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) signal(s, SIG_DFL);
    try {
      act(Voice(ends[1]));
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  descriptor_ = ends[0];
}

Child::~Child() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  end();
}

bool Child::tell(const void* bytes, std::size_t size) { return send_all(descriptor_, bytes, size); }

bool Child::hear(void* bytes, std::size_t size, double seconds) {
  char* at = static_cast<char*>(bytes);
  const double until = std::isinf(seconds) ? seconds : unix_now() + seconds;
  while (size > 0) {
    if (!std::isinf(until)) {
      pollfd file{descriptor_, POLLIN, 0};
      const double left = std::max(until - unix_now(), 0.0);
      const int ready = poll(&file, 1, static_cast<int>(std::min(std::ceil(left * 1e3), 1e9)));
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) {
        timed_out_ = true;
        return false;
      }
    }
    const ssize_t n = receive(descriptor_, at, size);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

std::string Child::end() {
  if (process_ < 0) return {};
  if (timed_out_) kill(process_, SIGKILL);
  close(descriptor_);
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
  process_ = -1;
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return WEXITSTATUS(status) == 0 ? std::string() : fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace umbra
