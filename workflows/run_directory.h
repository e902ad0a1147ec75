#pragma once
// RUN: one job's, taken by one campaign at a time.

#include <memory>

#include "io/run_lock.h"
#include "workflows/job.h"

namespace umbra {

/// Rank 0: makes or takes up the job's run directory, locks it and writes RUN/job.yaml.
/// Throws UserError where it holds another job (with the differences), something that umbra did not make, or is in use.
std::unique_ptr<RunLock> take_run_directory(const Job& job, bool fresh);

}  // namespace umbra
