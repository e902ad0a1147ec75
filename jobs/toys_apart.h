#pragma once
// A block of toys made in a child process, so that a crash or an endless loop in a user's likelihood is the status of one toy.

#include "src/base/task.h"
#include "src/statistics/toy_tasks.h"

namespace umbra {

/// As tasks.run(task, outcome), bit for bit, where nothing goes wrong. A toy that ends its process, or takes longer than `timeout_s`, has rows of status
/// crashed or timeout; those after it are made in a fresh process. Cost: a fork a block, and one for each such toy. The fits to the observed data are
/// made in this process.
void run_toys_apart(ToyTasks& tasks, const Task& task, double timeout_s, Outcome& outcome);

}  // namespace umbra
