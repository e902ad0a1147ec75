#include "jobs/simulators/conversation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "jobs/working_directory.h"
#include "src/base/error.h"

namespace umbra {

double monotonic_seconds() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

Conversation::Conversation(Command command, std::string program) : command_(std::move(command)), program_(std::move(program)) {}

Conversation::~Conversation() { hang_up(); }

void Conversation::start() {
  hang_up();
  if (!guard_) guard_ = std::make_unique<Guard>();
  const std::string work = guard_->scratch() + "/work";
  std::error_code ignored;
  std::filesystem::remove_all(work, ignored);
  std::filesystem::create_directories(work, ignored);
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
  const bool started = guard_->start(command_, to[0], from[1]);
  close(to[0]);
  close(from[1]);
  in_ = to[1];
  out_ = from[0];
  fcntl(in_, F_SETFL, O_NONBLOCK);
  heard_.clear();
  timed_out_ = false;
  if (started) return;
  close_pipes();
  throw UserError("lost the guard process, perhaps to the system for want of memory");
}

void Conversation::close_pipes() {
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
  in_ = out_ = -1;
}

// False where the guard says that the process has ended while the descriptor has nothing more to give, or when time is up.
bool Conversation::wait_for(int descriptor, short events, double deadline) {
  pollfd watched[2] = {{descriptor, events, 0}, {guard_->descriptor(), POLLIN, 0}};
  for (;;) {
    const double left = deadline - monotonic_seconds();
    if (left <= 0) {
      timed_out_ = true;
      return false;
    }
    const double whole = static_cast<double>(static_cast<time_t>(left));
    const timespec t{static_cast<time_t>(left), static_cast<long>(1e9 * (left - whole))};
    const int ready = ppoll(watched, 2, &t, nullptr);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    if ((watched[0].revents & events) != 0) return true;
    return false;
  }
}

bool Conversation::say(std::string_view bytes, double deadline) {
  while (!bytes.empty()) {
    const ssize_t n = write(in_, bytes.data(), bytes.size());
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN && !wait_for(in_, POLLOUT, deadline)) return false;
    else if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
  }
  return true;
}

bool Conversation::hear(double deadline) {
  if (!wait_for(out_, POLLIN, deadline)) return false;
  std::array<char, 65536> buffer;
  const ssize_t n = read(out_, buffer.data(), buffer.size());
  if (n <= 0) return false;
  heard_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

Evaluation Conversation::end() {
  GuardReply reply;
  const bool late = timed_out_;
  if (alive() && !late) {
    // It closed its output; most likely it is just ending by itself.
    pollfd watched{guard_->descriptor(), POLLIN, 0};
    if (poll(&watched, 1, 200) > 0) {
      reply = guard_->wait();
      close_pipes();
      Evaluation result = verdict(reply, command_, program_, Started::directly);
      if (result.status == Status::ok) result = {Status::protocol_error, fmt::format("{} ended without an answer{}{}", program_, last_words(command_.err).empty() ? "" : ": ", last_words(command_.err))};
      return result;
    }
  }
  const std::string words = last_words(command_.err);
  hang_up();
  if (late) return {Status::timeout, fmt::format("{} did not answer in time{}{}", program_, words.empty() ? "" : ": ", words)};
  return {Status::protocol_error, fmt::format("{} closed its output without an answer{}{}", program_, words.empty() ? "" : ": ", words)};
}

void Conversation::hang_up() {
  if (alive()) guard_->stop();
  close_pipes();
}

void Conversation::trim_errors() {
  struct stat info {};
  if (stat(command_.err.c_str(), &info) != 0 || info.st_size < (1 << 20)) return;
  [[maybe_unused]] const int result = truncate(command_.err.c_str(), 0);
}

}  // namespace umbra
