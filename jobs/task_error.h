#pragma once
// What a campaign says when the code of a task threw.

#include <string>

#include "src/base/error.h"
#include "src/base/task.h"

namespace umbra {

/// "point", "toys" ...
const char* name(TaskKind kind);

/// Text of an exception, for messages; call it inside a catch block.
std::string current_exception_text();

/// The one message of a campaign whose Work threw.
UserError task_error(int rank, TaskKind kind, TaskId id, const std::string& text);
/// The same for a rank whose Work could not be made.
UserError setup_error(int rank, const std::string& text);

}  // namespace umbra
