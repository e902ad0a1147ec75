#pragma once
// Runs the plan of any workflow over ranks, into its run directory.

#include <functional>
#include <memory>
#include <string>

#include "io/store.h"
#include "jobs/communicator.h"
#include "jobs/executor.h"
#include "workflows/job.h"
#include "workflows/workflow.h"

namespace umbra {

struct RunnerOptions {
  bool fresh = false;
  bool quiet = false;
  std::function<std::unique_ptr<Executor>(Store& store)> executor = nullptr;  ///< instead of the ranks; on rank 0, once the run directory is taken
};

/// How it ended on this rank.
struct RunnerEnd {
  int exit_code = 0;
  bool leave_hard = false;  ///< an evaluation is still in progress, or HDF5 is broken: end MPI and leave by _exit
  bool at_once = false;     ///< something is still being written, and nobody wants to wait for it
};

/// From now on this rank notes SIGTERM, SIGINT and SIGUSR1 instead of dying of them; rank 0 decides what they mean for all. To be called before MPI starts.
void catch_signals();

/// All ranks together, with the same job. Throws UserError on every rank where the run directory cannot be used.
RunnerEnd run_plan(const Job& job, const Plan& plan, const Communicator& ranks, const RunnerOptions& options);

}  // namespace umbra
