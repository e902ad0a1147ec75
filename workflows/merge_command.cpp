// umbra merge: one result of several runs that belong together.

#include "src/base/error.h"
#include "workflows/commands.h"
#include "workflows/merge_nested.h"
#include "workflows/starting.h"

namespace umbra {

int merge_command(const MergeOptions& options) {
  VALIDATE(!under_mpi(), "umbra merge runs in one process: start it without mpirun or srun");
  return merge_nested_runs(options.runs, options.output, options.quiet);
}

}  // namespace umbra
