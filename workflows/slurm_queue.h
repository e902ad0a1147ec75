#pragma once
// What Slurm says of the job that `umbra submit` noted in a run directory.

#include <optional>
#include <string>

namespace umbra {

struct SlurmJob {
  long id = 0;
  std::string state;   ///< PENDING, RUNNING ...; of a job array all that its tasks are in; "" where it is not in the queue any more
  std::string detail;  ///< for people: how long of how much, where or why not
};

/// Nothing where no job is noted. Asks squeue.
std::optional<SlurmJob> slurm_job_of(const std::string& run);

}  // namespace umbra
