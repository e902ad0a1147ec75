// umbra merge: one result of several runs that belong together.

#include <unistd.h>

#include <cstdio>

#include "io/file.h"
#include "io/yaml.h"
#include "src/base/error.h"
#include "workflows/commands.h"
#include "workflows/merge_nested.h"
#include "workflows/merge_slices.h"
#include "workflows/starting.h"

namespace umbra {
namespace {

bool is_nested(const std::string& directory) {
  const std::string file = directory + "/job.yaml";
  if (!exists(file)) return false;
  const std::vector<std::byte> text = read_file(file);
  Faults faults;
  const Config job = parse_yaml({reinterpret_cast<const char*>(text.data()), text.size()}, file, faults);
  const Config* sampler = job.find("sampler");
  const Config* type = sampler ? sampler->find("type") : nullptr;
  return type && type->text() == "nested";
}

}  // namespace

int merge_command(const MergeOptions& options) {
  VALIDATE(!under_mpi(), "umbra merge runs in one process: start it without mpirun or srun");
  if (is_nested(options.runs.front())) return merge_nested_runs(options.runs, options.output, options.quiet);
  catch_signals();
  const RunnerEnd end = merge_slices(options.runs, options.output, options.job, options.quiet);
  std::fflush(nullptr);
  if (end.leave_hard) _exit(end.exit_code);
  return end.exit_code;
}

}  // namespace umbra
