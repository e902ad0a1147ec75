// umbra status: what RUN/status.json says, for people.

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "workflows/commands.h"
#include "workflows/progress.h"

namespace umbra {

namespace {

// What Slurm says of the job that `umbra submit` noted in the run directory; "" where there is none.
std::string slurm_state(const std::filesystem::path& run) {
  std::ifstream in(run / "slurm_job");
  long id = 0;
  if (!(in >> id)) return {};
  const std::string command = fmt::format("squeue --noheader --job {} --format '%T, %M of %l, %R' 2>/dev/null", id);
  std::string text;
  if (std::FILE* pipe = popen(command.c_str(), "r")) {
    char block[256];
    while (std::fgets(block, sizeof block, pipe)) text += block;
    pclose(pipe);
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return fmt::format("Slurm job {}: {}\n", id, text.empty() ? "not in the queue any more" : text);
}

}  // namespace

int status_command(const std::string& run, bool json) {
  const std::filesystem::path file = std::filesystem::path(run) / "status.json";
  std::ifstream in(file);
  VALIDATE(in.good(), "{} is no run directory: it has no status.json (give the directory that the job file names in output: {{directory: ...}})", run);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (json) {
    fmt::print("{}", text);
    return exit_code::done;
  }
  const auto j = nlohmann::ordered_json::parse(text, nullptr, false);
  VALIDATE(!j.is_discarded(), "{} cannot be read as JSON: it was not written by umbra", file.string());
  ProgressState s;
  s.name = j.value("name", "");
  s.state = j.value("state", "");
  s.done = j.value("done", std::uint64_t{0});
  if (j.contains("total")) s.total = j["total"].get<std::uint64_t>();
  s.failures = j.value("failures", std::uint64_t{0});
  s.best = j.value("best_log_likelihood", s.best);
  s.rate = j.value("rate", 0.0);
  s.busy_share = j.value("busy_share", 0.0);
  s.elapsed_s = j.value("elapsed_s", 0.0);
  s.ranks = j.value("ranks", 1);
  const auto progress = j.value("progress", nlohmann::ordered_json::object());
  for (const auto& [name, value] : progress.items()) s.numbers.emplace_back(name, value.is_number() ? value.get<double>() : NAN);
  s.note = j.value("note", "");
  fmt::print("{}: {} on {} ranks for {}\n{}\n", s.name, s.state, s.ranks, human_duration(s.elapsed_s), progress_line(s));
  fmt::print("{}", slurm_state(run));
  return exit_code::done;
}

}  // namespace umbra
