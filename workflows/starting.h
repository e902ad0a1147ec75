#pragma once
// How commands that use ranks start: mpirun where it is asked for, and the job file read by rank 0 and handed to all.

#include <functional>
#include <string>
#include <vector>

#include "jobs/communicator.h"
#include "workflows/job.h"
#include "workflows/runner.h"
#include "workflows/workflow.h"

namespace umbra {

/// Whether mpirun or srun started this process.
bool under_mpi();
/// Runs `mpirun -n ranks program words...`; returns its exit code. SIGINT, SIGTERM and SIGUSR1 reach all ranks as SIGUSR1: they stop in good order,
/// for which mpirun itself would leave them no time. Throws UserError where it cannot be started.
int start_mpirun(int ranks, const std::string& program, const std::vector<std::string>& words);
/// Reads a file or throws UserError.
std::string read_job_text(const std::string& file);
/// The job and its plan, or UserError with every fault.
/// @param coordinates whether the plan is for the rank that makes the sampler
std::pair<Job, Plan> read_plan(const std::string& text, const std::string& file, const std::vector<std::string>& overrides, bool coordinates = true);
/// Starts MPI, reads the job, and calls `act` on every rank. Faults of the job are printed once; returns the exit code, or leaves by it.
int with_job(const std::string& file, const std::vector<std::string>& overrides, const std::function<RunnerEnd(const Job&, const Plan&, const Communicator&)>& act);

}  // namespace umbra
