#include "jobs/run_task.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "jobs/message.h"
#include "jobs/task_error.h"
#include "src/base/error.h"

namespace umbra {
namespace {

void write_all(int descriptor, const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t n = write(descriptor, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(1);
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

// What the child says: 'o' and an outcome, or 'e' and the text of an exception; then the rows.
[[noreturn]] void run_as_child(int descriptor, Work& work, const Task& task, Outcome& outcome) {
  Buffer said;
  try {
    work.run(task, outcome);
    said.append("o", 1);
    append_outcome(said, outcome);
  } catch (...) {
    const std::string text = current_exception_text();
    said.clear();
    said.append("e", 1);
    said.append(text.data(), text.size());
    outcome.rows.clear();
  }
  const std::uint64_t sizes[2] = {said.size(), outcome.rows.size()};
  write_all(descriptor, sizes, sizeof sizes);
  write_all(descriptor, said.data(), said.size());
  write_all(descriptor, outcome.rows.data(), outcome.rows.size() * sizeof(double));
  _exit(0);
}

bool read_all(int descriptor, void* bytes, std::size_t size) {
  char* at = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t n = read(descriptor, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool take_outcome(int descriptor, Outcome& outcome) {
  std::uint64_t sizes[2];
  if (!read_all(descriptor, sizes, sizeof sizes)) return false;
  Buffer said;
  said.resize(sizes[0]);
  outcome.rows.resize(sizes[1]);
  if (!read_all(descriptor, said.data(), said.size()) || !read_all(descriptor, outcome.rows.data(), outcome.rows.size() * sizeof(double))) return false;
  const char kind = static_cast<char>(said.data()[0]);
  if (kind == 'e') throw std::runtime_error(std::string(reinterpret_cast<const char*>(said.data()) + 1, said.size() - 1));
  Buffer rest;
  rest.append(said.data() + 1, said.size() - 1);
  MessageReader(rest).read(outcome);
  return true;
}

}  // namespace

void run_task(Work& work, const Task& task, Outcome& outcome) {
  if (task.care == Care::normal) return work.run(task, outcome);
  if (task.care == Care::given_up) {
    work.describe(task, outcome);
    outcome.status = Status::too_long;
    outcome.message = "it was still being evaluated at the end of two allocations";
    return;
  }
  int ends[2];
  VALIDATE(pipe(ends) == 0, "a pipe to a child process cannot be made: {}", std::strerror(errno));
  const pid_t child = fork();
  VALIDATE(child >= 0, "a child process cannot be made: {}", std::strerror(errno));
  if (child == 0) {
    close(ends[0]);
    run_as_child(ends[1], work, task, outcome);
  }
  close(ends[1]);
  bool answered = false;
  std::string error;
  try {
    answered = take_outcome(ends[0], outcome);
  } catch (const std::runtime_error& e) {
    error = e.what();
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!error.empty()) throw std::runtime_error(error);
  if (answered) return;
  work.describe(task, outcome);
  outcome.status = Status::killed_rank;
  outcome.message = WIFSIGNALED(status) ? fmt::format("killed its process by signal {} ({}), having been there at two deaths of a rank", WTERMSIG(status), strsignal(WTERMSIG(status)))
                                        : fmt::format("ended its process with exit code {}, having been there at two deaths of a rank", WEXITSTATUS(status));
}

}  // namespace umbra
