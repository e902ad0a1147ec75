#pragma once
// Does a task with the care that it needs: one that is suspected of killing its rank in a child process.

#include "jobs/work.h"

namespace umbra {

/// Does a task as task.care says: here; in a forked child, whose death gives Status::killed_rank with the signal in the message, and whose
/// exception is thrown here again; or not at all, which gives Status::too_long.
void run_task(Work& work, const Task& task, Outcome& outcome);

}  // namespace umbra
