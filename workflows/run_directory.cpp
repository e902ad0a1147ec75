#include "workflows/run_directory.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

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

// The first line of every RUN/job.yaml that umbra writes.
constexpr const char* mark = "# The job as umbra resolved it. Umbra replaces this file at each start: change the job file that you wrote instead.";

bool is_marked(const std::string& file) {
  const std::vector<std::byte> bytes = read_file(file);
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(mark);
}

bool holds_results(const std::string& run) {
  const std::vector<std::string> journals = list_directory(run + "/journal");
  return exists(run + "/results.h5") || std::any_of(journals.begin(), journals.end(), [](const std::string& name) { return name.ends_with(".log"); });
}

// A folder with somebody's job.yaml may hold anything: it is a run directory where a second sign says so.
void check_ours(const Job& job, const std::string& run, const std::string& job_file) {
  std::error_code ignored;
  const bool own_job_file = fs::equivalent(job_file, job.file, ignored);
  const bool marked = is_marked(job_file), results = holds_results(run);
  VALIDATE(own_job_file ? marked && results : marked || results,
           "{} {}, not a run directory (files in it would be replaced): give another output: {{directory: ...}}, nothing there was touched", run,
           own_job_file ? "is the folder of the job file" : "holds a job.yaml that umbra did not write");
}

// What a kill in take_run_directory leaves there, what `umbra submit` puts there before the first start, and slices.
bool may_be_there_before(const std::string& name) {
  return name.starts_with("lock") || name.starts_with("job.yaml.") || name.starts_with("slurm") || name.starts_with("slice-");
}

void remove_all(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  VALIDATE(!error, "{} cannot be removed ({}), which --fresh needs: change its permissions, or give another output: {{directory: ...}}", path, error.message());
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
  std::error_code ignored;
  VALIDATE(!exists(run) || fs::is_directory(run, ignored), "{} is a file, and the run directory must be a folder: give another output: {{directory: ...}}", run);
  const std::vector<std::string> names = list_directory(run);
  if (!fresh) refuse_merger(run);
  if (exists(job_file)) check_ours(job, run, job_file);
  else
    for (const std::string& name : names)
      VALIDATE(may_be_there_before(name), "{} is no run directory, and not empty: give another output: {{directory: ...}}, nothing there was touched", run);
  make_directory(run);
  auto lock = std::make_unique<RunLock>(run);
  if (fresh) {
    for (const char* name : {"segments", "journal", "learning", "model"}) remove_all(run + "/" + name);
    for (const char* name : {"results.h5", "checkpoint", "checkpoint.next", "status.json", "summary.json", "log.txt", "sessions.json", "job.yaml"}) remove_file(run + "/" + name);
  } else if (exists(job_file)) {
    check_same_job(job, job_file);
  }
  replace_file(job_file, fmt::format("{}\n{}", mark, write_yaml(job.root)));
  return lock;
}

}  // namespace umbra
