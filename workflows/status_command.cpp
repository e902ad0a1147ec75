// umbra status: what RUN/status.json, RUN/lock and Slurm say, for people and for scripts.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "io/run_lock.h"
#include "src/base/error.h"
#include "workflows/commands.h"
#include "workflows/progress.h"
#include "workflows/slurm_queue.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

Json read_status(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Json j = Json::parse(text, nullptr, false);
  VALIDATE(j.is_object(), "{} is no status of a campaign (it was not written by umbra, or is damaged): is this a run directory?", file);
  return j;
}

// Of a file that somebody may have changed: what has another type counts as missing.
template <class T>
T entry(const Json& j, const char* key, T otherwise) {
  const auto at = j.find(key);
  if (at == j.end()) return otherwise;
  if constexpr (std::is_arithmetic_v<T>) return at->is_number() ? at->template get<T>() : otherwise;
  else return at->is_string() ? at->template get<T>() : otherwise;
}

// The status as it is now: who was killed could not say so.
Json status_of(const std::string& run) {
  const std::string file = run + "/status.json";
  const LockState before = lock_state(run);
  Json j = {{"state", "not started"}};
  if (is_there(file)) {
    j = read_status(file);
    if (entry(j, "state", std::string()) == "running" && before != LockState::held && lock_state(run) != LockState::held) {
      j["state"] = "killed";
      j.erase("seconds_left");
    }
  }
  if (const auto job = slurm_job_of(run)) j["slurm"] = {{"job", job->id}, {"state", job->state}, {"detail", job->detail}};
  return j;
}

ProgressState progress_of(const Json& j) {
  ProgressState s;
  s.name = entry(j, "name", s.name);
  s.state = entry(j, "state", s.state);
  s.done = entry(j, "done", s.done);
  if (j.contains("total")) s.total = entry(j, "total", std::uint64_t{0});
  s.failures = entry(j, "failures", s.failures);
  s.best = entry(j, "best_log_likelihood", s.best);
  s.rate = entry(j, "rate", s.rate);
  s.busy_share = entry(j, "busy_share", s.busy_share);
  s.elapsed_s = entry(j, "elapsed_s", s.elapsed_s);
  s.ranks = entry(j, "ranks", 1);
  s.note = entry(j, "note", s.note);
  if (const auto numbers = j.find("progress"); numbers != j.end() && numbers->is_object())
    for (const auto& [name, value] : numbers->items()) s.numbers.emplace_back(name, value.is_number() ? value.get<double>() : NAN);
  return s;
}

void print_status(const std::string& run, const Json& j) {
  const ProgressState s = progress_of(j);
  if (j.contains("runs")) fmt::print("{}: {} runs\n", run, j["runs"].size());
  else if (s.state == "not started") fmt::print("{}: not started yet\n", run);
  else fmt::print("{}: {} on {} ranks for {}\n{}\n", s.name, s.state, s.ranks, human_duration(s.elapsed_s), progress_line(s));
  if (s.state == "killed") fmt::print("It was killed, and nothing that was finished is lost: run the same command again to go on\n");
  if (const auto slurm = j.find("slurm"); slurm != j.end()) fmt::print("Slurm job {}: {}\n", (*slurm)["job"].get<long>(), (*slurm)["detail"].get<std::string>());
}

// The runs of a job array, or slices.
std::vector<std::string> runs_below(const std::string& directory) {
  std::vector<std::string> runs;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    if (is_there(entry.path() / "status.json") || is_there(entry.path() / "slurm_job")) runs.push_back(entry.path().filename());
  std::sort(runs.begin(), runs.end());
  return runs;
}

}  // namespace

int status_command(const std::string& run, bool json) {
  const bool started = is_there(fs::path(run) / "status.json");
  const std::vector<std::string> below = started ? std::vector<std::string>{} : runs_below(run);
  VALIDATE(started || !below.empty() || is_there(fs::path(run) / "slurm_job"),
           "{} is no run directory: it has no status.json (give the directory that the job file names in output: {{directory: ...}})", run);
  Json all = status_of(run);
  if (!below.empty()) {
    all.erase("state");
    for (const std::string& name : below) all["runs"][name] = status_of(run + "/" + name);
  }
  if (json) {
    fmt::print("{}\n", all.dump(2));
    return exit_code::done;
  }
  print_status(run, all);
  for (const std::string& name : below) {
    fmt::print("\n{}\n", name);
    print_status(run + "/" + name, all["runs"][name]);
  }
  return exit_code::done;
}

}  // namespace umbra
