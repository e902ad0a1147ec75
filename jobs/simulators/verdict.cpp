#include "jobs/simulators/verdict.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

namespace umbra {
namespace {

bool is_full(const std::string& file, double limit) {
  struct stat info {};
  return limit > 0 && !file.empty() && stat(file.c_str(), &info) == 0 && static_cast<double>(info.st_size) >= limit;
}

std::string size_text(double bytes) { return bytes >= 1e9 ? fmt::format("{:.3g} GB", bytes / 1e9) : fmt::format("{:.3g} MB", bytes / 1e6); }

Evaluation by_signal(int number, double seconds, double limit) {
  if (number == SIGXFSZ) return {Status::output_too_large, fmt::format("wrote more than {}", size_text(limit))};
  const char* hint = number == SIGKILL ? ", perhaps by the system for want of memory" : "";
  return {Status::signal, fmt::format("was ended by signal {} ({}{}) after {:.3g} s", number, strsignal(number), hint, seconds)};
}

Evaluation judge(const GuardReply& reply, const Command& command, Started started) {
  using End = GuardReply::End;
  const ProcessLimits& limits = command.limits;
  switch (reply.end) {
    case End::timeout: return {Status::timeout, fmt::format("took longer than {:.6g} s", limits.timeout)};
    case End::cpu_time: return {Status::timeout, fmt::format("used more than {:.6g} s of CPU time", limits.cpu_time)};
    case End::memory: return {Status::out_of_memory, fmt::format("used more than {} of memory", size_text(limits.memory))};
    case End::not_started: return {Status::start_failed, fmt::format("could not be started: {}", std::strerror(reply.error))};
    case End::guard_lost: return {Status::start_failed, "lost the guard process that runs it, perhaps to the system for want of memory"};
    case End::killed: return {Status::signal, "was stopped"};
    case End::itself: break;
  }
  if (WIFSIGNALED(reply.wait_status)) return by_signal(WTERMSIG(reply.wait_status), reply.seconds, limits.output);
  if (is_full(command.out, limits.output) || is_full(command.err, limits.output)) return by_signal(SIGXFSZ, reply.seconds, limits.output);
  const int code = WEXITSTATUS(reply.wait_status);
  if (code == 0) return {};
  if (started == Started::through_shell) {
    if (code == 126 || code == 127) return {Status::start_failed, "could not be started by the shell"};
    if (code > 128 && code < 128 + 32) return by_signal(code - 128, reply.seconds, limits.output);
  }
  return {Status::exit_code, fmt::format("ended with exit code {}", code)};
}

}  // namespace

std::string last_words(const std::string& file) {
  constexpr std::streamoff most = 300;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  if (size <= 0) return {};
  in.seekg(std::max<std::streamoff>(0, size - most));
  std::string text(static_cast<std::size_t>(std::min(size, most)), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  std::string line;
  for (const char c : text) {
    const char printable = static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126 ? ' ' : c;
    if (printable != ' ' || (!line.empty() && line.back() != ' ')) line += printable;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

int exit_code(const GuardReply& reply) {
  return reply.end == GuardReply::End::itself && WIFEXITED(reply.wait_status) ? WEXITSTATUS(reply.wait_status) : -1;
}

Evaluation verdict(const GuardReply& reply, const Command& command, const std::string& program, Started started) {
  Evaluation result = judge(reply, command, started);
  if (result.status == Status::ok) return result;
  result.message = program + " " + result.message;
  std::string words = last_words(command.err);
  if (words.empty() && !command.out.empty()) words = last_words(command.out);
  if (!words.empty()) result.message += ": " + words;
  return result;
}

}  // namespace umbra
