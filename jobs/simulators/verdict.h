#pragma once
// What the end of a run means for its point.

#include <string>

#include "jobs/simulators/guard.h"
#include "src/models/evaluator.h"

namespace umbra {

/// Whether a run that ended by itself did so through a shell, which reports a signal N as exit code 128 + N, and a missing program as 127 or 126.
enum class Started { directly, through_shell };

/// The status of a run (`ok` where it ended by itself with exit code 0) with a message that names the program, how it ended and its last words.
/// Reads the end of its standard error, else of its standard output.
Evaluation verdict(const GuardReply& reply, const Command& command, const std::string& program, Started started);

/// The last 300 characters of a file in one line of printable ones, or "".
std::string last_words(const std::string& file);

/// The exit code, where the run ended by itself with one; else -1.
int exit_code(const GuardReply& reply);

}  // namespace umbra
