#pragma once
// umbra submit: a readable batch script for Slurm, and its submission.

#include <string>
#include <vector>

namespace umbra {

struct SubmitOptions {
  std::string job;
  std::vector<std::string> overrides;   ///< key.sub=value, as for umbra run
  int nodes = 1;
  int ntasks_per_node = 1;
  std::string time;                     ///< as Slurm writes it
  std::string launcher = "mpirun";      ///< or srun (PMIx)
  int chain = 0;                        ///< submit so many jobs, each after the one before, instead of requeuing
  std::string array;                    ///< "key=a,b,c" or "key=1..10": a job array, one campaign a value
  bool dry_run = false;                 ///< print the script, submit nothing
  std::vector<std::string> sbatch;      ///< further options of sbatch, as they stand
};

int submit_command(const SubmitOptions& options);

}  // namespace umbra
