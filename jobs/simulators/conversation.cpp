#include "jobs/simulators/conversation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "jobs/simulators/files.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"

namespace umbra {

namespace {

double monotonic_seconds() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

Conversation::Conversation(Command command, std::string program) : command_(std::move(command)), program_(std::move(program)) {}

Conversation::~Conversation() { hang_up(); }

void Conversation::start(double seconds) {
  hang_up();
  if (!guard_) guard_ = std::make_unique<Guard>();
  const std::string work = guard_->scratch() + "/work";
  std::error_code ignored;
  make_fresh_folder(work);
  command_.directory = work;
  command_.err = guard_->scratch() + "/stderr";
  command_.variables = {"UMBRA_SCRATCH=" + work, "TMPDIR=" + work, "UMBRA_JOB=" + std::filesystem::absolute(working_directory().job, ignored).string()};
  for (const char* threads : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) command_.variables.push_back(fmt::format("{}={}", threads, command_.cores));

  int to[2], from[2];
  VALIDATE(pipe2(to, O_CLOEXEC) == 0, "cannot make a pipe: {}", std::strerror(errno));
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    close(to[1]);
    throw UserError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  command_.limits.timeout = seconds;
  guard_->limit_cpu(false);
  guard_->set_deadline(monotonic_seconds() + seconds);
  greeted_ = false;
  const bool started = guard_->start(command_, to[0], from[1]);
  close(to[0]);
  close(from[1]);
  in_ = to[1];
  out_ = from[0];
  heard_.clear();
  if (started) {
    guard_gone_.store(false, std::memory_order_relaxed);
    watch_ = std::make_unique<HangUpWatch>(guard_->descriptor(), [this] { wake(); });
    return;
  }
  close_pipes();
  throw UserError("lost the guard process, perhaps to the system for want of memory");
}

// In the watch's thread. A process that keeps the pipe open and cannot be found would leave hear() waiting for ever: a byte ends its wait.
void Conversation::wake() {
  guard_gone_.store(true, std::memory_order_relaxed);
  guard_->end_orphans();
  const int pipe = open(fmt::format("/proc/self/fd/{}", out_).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (pipe < 0) return;
  [[maybe_unused]] const ssize_t written = write(pipe, "", 1);
  close(pipe);
}

void Conversation::close_pipes() {
  watch_.reset();
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
  in_ = out_ = -1;
}

bool Conversation::say(std::string_view bytes, double seconds) {
  command_.limits.timeout = seconds;
  guard_->set_deadline(monotonic_seconds() + seconds);
  while (!bytes.empty()) {
    const ssize_t n = write(in_, bytes.data(), bytes.size());
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && errno != EINTR) return false;
  }
  return true;
}

bool Conversation::hear() {
  ssize_t n = 0;
  do n = read(out_, buffer_.data(), buffer_.size());
  while (n < 0 && errno == EINTR);
  if (n <= 0 || guard_gone_.load(std::memory_order_relaxed)) return false;
  heard_.append(buffer_.data(), static_cast<std::size_t>(n));
  return true;
}

Evaluation Conversation::end() {
  // It closed its output; most likely it is just ending, by itself or by the guard. What it ended by must not depend on how busy the machine is.
  constexpr int patience_ms = 5000;
  pollfd watched{guard_->descriptor(), POLLIN, 0};
  Evaluation result;
  if (poll(&watched, 1, patience_ms) > 0) {
    watch_.reset();
    const GuardReply reply = guard_->wait();
    close_pipes();
    result = verdict(reply, command_, program_, Started::directly);
    if (result.status == Status::ok) result = {Status::protocol_error, program_ + " ended without an answer"};
    else return result;
  } else {
    hang_up();
    result = {Status::protocol_error, program_ + " closed its output without an answer"};
  }
  if (const std::string words = last_words(command_.err); !words.empty()) result.message += ": " + words;
  return result;
}

void Conversation::hang_up() {
  if (!alive()) return;
  watch_.reset();
  guard_->stop();
  close_pipes();
}

std::vector<FailedPoints::Part> Conversation::files() const {
  if (!guard_) return {};
  return {{command_.directory, "", {}}, {guard_->scratch(), "", {"stderr"}}};
}

void Conversation::trim_errors() {
  struct stat info {};
  if (stat(command_.err.c_str(), &info) != 0 || info.st_size < (1 << 20)) return;
  [[maybe_unused]] const int result = truncate(command_.err.c_str(), 0);
}

}  // namespace umbra
