#include "workflows/merge_slices.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "io/file.h"
#include "io/reader.h"
#include "io/yaml.h"
#include "jobs/communicator.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/replay.h"
#include "workflows/runner.h"
#include "workflows/sessions.h"
#include "workflows/starting.h"

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const std::string& file) {
  const std::vector<std::byte> bytes = read_file(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Run {
  std::string directory;
  Config job;
  Slice slice;
};

Run read_run(const std::string& given) {
  std::string directory = given;
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  VALIDATE(exists(directory + "/job.yaml"), "{} is no run directory: it has no job.yaml (give the directories that `umbra run JOB --slice ...` made)", directory);
  Faults faults;
  Run run{directory, parse_yaml(text_of(directory + "/job.yaml"), directory + "/job.yaml", faults), {}};
  faults.throw_if_any(directory + "/job.yaml");
  const Config* key = run.job.find("slice");
  const auto slice = key ? parse_slice(key->text()) : std::nullopt;
  VALIDATE(slice, "{} is no slice: its job was run whole", directory);
  run.slice = *slice;
  return run;
}

std::string state_of(const std::string& directory) {
  if (!exists(directory + "/status.json")) return "not begun";
  const Json j = Json::parse(text_of(directory + "/status.json"), nullptr, false);
  return j.is_object() ? j.value("state", "unknown") : "unknown";
}

// "2, 5-7"
std::string ranges(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    parts.push_back(last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[last]));
    i = last + 1;
  }
  return join(parts, ", ");
}

// Every slice once, finished, of one job: in their order. Throws UserError with all that is not so.
std::vector<Run> read_slices(const std::vector<std::string>& directories) {
  std::vector<Run> runs;
  for (const std::string& d : directories) runs.push_back(read_run(d));
  const Run& first = runs.front();
  std::vector<std::string> faults;
  std::map<std::uint64_t, const Run*> by_index;
  for (const Run& run : runs) {
    const std::string text = to_text(run.slice);
    const std::vector<std::string> different = differences(first.job, run.job, {"output", "slice"});
    if (!different.empty()) faults.push_back(fmt::format("{} is of another job than {}:\n    {}", run.directory, first.directory, join(different, "\n    ")));
    if (run.slice.count != first.slice.count) {
      faults.push_back(fmt::format("{} is slice {}, {} is slice {}: they do not divide the campaign in the same way", run.directory, text, first.directory, to_text(first.slice)));
      continue;
    }
    const auto [other, is_new] = by_index.emplace(run.slice.index, &run);
    if (!is_new) faults.push_back(fmt::format("{} and {} are both slice {}: leave one away", other->second->directory, run.directory, text));
    if (const std::string state = state_of(run.directory); state != "complete" || !exists(run.directory + "/results.h5") || !Reader(run.directory).merged())
      faults.push_back(fmt::format("slice {} in {} is not finished ({}): run it again to go on", text, run.directory, state));
  }
  std::vector<std::uint64_t> missing;
  for (std::uint64_t i = 0; i < first.slice.count; ++i)
    if (!by_index.count(i)) missing.push_back(i + 1);
  if (!missing.empty()) faults.push_back(fmt::format("of {} slices there is no {}", first.slice.count, ranges(missing)));
  VALIDATE(faults.empty(), "these runs cannot be joined:\n  {}", join(faults, "\n  "));
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.slice.index < b.slice.index; });
  return runs;
}

// The slices' starts are those of the whole.
void keep_sessions(const std::vector<Run>& runs, const std::string& output) {
  if (exists(output + "/sessions.json")) return;
  std::vector<Session> all;
  for (const Run& run : runs)
    for (Session& session : read_sessions(run.directory).value_or(std::vector<Session>{})) all.push_back(std::move(session));
  std::stable_sort(all.begin(), all.end(), [](const Session& a, const Session& b) { return a.start < b.start; });
  write_sessions(output, all);
}

// Bits may differ between builds and between CPUs with other features.
void warn_of_other_builds(const std::vector<Run>& runs) {
  const auto builds = [](const Run& run) {
    const Reader reader(run.directory);
    std::vector<Attribute> all;
    for (const char* name : {"version", "build", "cpu_features"})
      if (const auto a = reader.attributes().find(name); a != reader.attributes().end()) all.push_back(a->second);
    return all;
  };
  for (const Run& run : runs)
    if (builds(run) != builds(runs.front()))
      return fmt::print(stderr, "umbra: {} and {} were made by other builds or on other CPUs: last digits may differ from those of one run\n", runs.front().directory, run.directory);
}

std::string job_file_of(const Run& run, const std::string& given) {
  if (!given.empty()) return given;
  const Reader reader(run.directory);
  const auto file = reader.attributes().find("job_file");
  const auto* path = file == reader.attributes().end() ? nullptr : std::get_if<std::string>(&file->second);
  return path ? *path : run.directory + "/job.yaml";
}

}  // namespace

RunnerEnd merge_slices(const std::vector<std::string>& directories, const std::string& output, const std::string& job_file, bool quiet) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const std::vector<Run> runs = read_slices(directories);
  std::vector<Config::Item> keys = runs.front().job.items();
  std::erase_if(keys, [](const Config::Item& key) { return key.key == "slice"; });
  const Config whole = Config::map(std::move(keys));
  const std::string file = job_file_of(runs.front(), job_file);
  if (!job_file.empty()) {
    const auto [given, unused] = read_plan(read_job_text(file), file, {});
    const std::vector<std::string> different = differences(whole, given.root, {"output", "stop", "name", "failures"});
    VALIDATE(different.empty(), "{} is not the job of these slices:\n  {}", file, join(different, "\n  "));
  }
  warn_of_other_builds(runs);
  // Paths in the job start from the folder of its file.
  const auto [job, plan] = read_plan(write_yaml(whole), file, {"output.directory=" + output});
  ReplayOptions replay{{}, plan.tables.front().name, plan.values_of_rows};
  for (const Run& run : runs) replay.slices.push_back({run.directory, run.slice});
  RunnerOptions runner;
  runner.quiet = quiet;
  runner.executor = [&](Store& store) {
    keep_sessions(runs, output);
    return make_replay_executor(replay, store);
  };
  return run_plan(job, plan, Communicator::world(), runner);
}

}  // namespace umbra
