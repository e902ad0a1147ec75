#include "jobs/task_error.h"

#include <exception>

namespace umbra {

const char* name(TaskKind kind) {
  constexpr const char* names[] = {"point", "toys", "train", "score", "custom"};
  const auto k = static_cast<std::size_t>(kind);
  return k < std::size(names) ? names[k] : "custom";
}

std::string current_exception_text() {
  try {
    throw;
  } catch (const std::exception& e) {
    return *e.what() ? e.what() : "an error without a text";
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

UserError task_error(int rank, TaskKind kind, TaskId id, const std::string& text) {
  return UserError(fmt::format("rank {} failed at task {} ({}): {}", rank, id, name(kind), text));
}

UserError setup_error(int rank, const std::string& text) { return UserError(fmt::format("rank {} could not begin its work: {}", rank, text)); }

}  // namespace umbra
