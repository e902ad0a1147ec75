#include "workflows/run_directory.h"

#include <filesystem>

#include "io/file.h"
#include "io/reader.h"
#include "io/yaml.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;

void check_same_job(const Job& job, const std::string& file) {
  const std::vector<std::byte> bytes = read_file(file);
  Faults faults;
  const Config earlier = parse_yaml({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file, faults);
  const std::vector<std::string> found = differences(earlier, job.root);
  VALIDATE(found.empty(),
           "{} holds the result of another job, which would be mixed with this one:\n  {}\nGive this job another output: {{directory: ...}}, or start it anew with --fresh",
           job.output.directory, join(found, "\n  "));
}

// Merged nested-sampling runs: results of others, which no campaign of their own can go on with. These have no sessions.
void refuse_merger(const std::string& run) {
  if (exists(run + "/sessions.json") || !exists(run + "/results.h5")) return;
  const Reader reader(run);
  VALIDATE(!reader.attributes().contains("merged_from"),
           "{} was made by umbra merge of other runs, and there is nothing to go on with: make another run of the job with another seed and output, and merge that with them", run);
}

}  // namespace

std::unique_ptr<RunLock> take_run_directory(const Job& job, bool fresh) {
  const std::string& run = job.output.directory;
  const std::string job_file = run + "/job.yaml";
  if (!exists(job_file) && exists(run)) {
    VALIDATE(fs::is_directory(run), "{} is a file, and the run directory must be a folder: give another output: {{directory: ...}}", run);
    for (const auto& entry : fs::directory_iterator(run)) {  // what a kill in this function leaves there, what `umbra submit` puts there before the first start, and slices
      const std::string name = entry.path().filename();
      const bool ours = name.rfind("lock", 0) == 0 || name.rfind("job.yaml.", 0) == 0 || name.rfind("slurm", 0) == 0 || name.rfind("slice-", 0) == 0;
      VALIDATE(ours, "{} is no run directory, and not empty: give another output: {{directory: ...}}, nothing there was touched", run);
    }
  }
  make_directory(run);
  auto lock = std::make_unique<RunLock>(run);
  if (fresh) {
    for (const char* name : {"segments", "journal", "learning", "model"}) fs::remove_all(run + "/" + name);
    for (const char* name : {"results.h5", "checkpoint", "checkpoint.next", "status.json", "summary.json", "log.txt", "sessions.json", "job.yaml"}) remove_file(run + "/" + name);
  } else if (exists(job_file)) {
    check_same_job(job, job_file);
    refuse_merger(run);
  }
  replace_file(job_file, write_yaml(job.root));
  return lock;
}

}  // namespace umbra
