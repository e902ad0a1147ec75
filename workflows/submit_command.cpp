#include "workflows/submit_command.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "io/file.h"
#include "slurm_templates.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/commands.h"
#include "workflows/slurm_time.h"
#include "workflows/starting.h"
#include "workflows/sweep.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;
using Values = std::map<std::string, std::string>;

std::string fill(std::string_view text, const Values& values) {
  std::string out;
  for (;;) {
    const auto open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = text.find("}}", open);
    out += values.at(std::string(text.substr(open + 2, close - open - 2)));
    text.remove_prefix(close + 2);
  }
}

// A word that bash reads back as it is.
std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@%") == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string quoted(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const std::string& w : words) all.push_back(quoted(w));
  return join(all, " ");
}

// Options of sbatch as they are to stand in the script. Throws UserError for what sbatch would not understand, or somebody did not mean for it.
std::vector<std::string> directives(const SubmitOptions& options) {
  for (const std::string& o : options.overrides)
    VALIDATE(o.find('=') != std::string::npos, "'{}' is no override (key.sub=value); where it belongs to an option of sbatch, write both as one word: --partition=long", o);
  std::vector<std::string> lines;
  for (const std::string& o : options.sbatch) {
    const std::string name = o.substr(0, o.find('='));
    VALIDATE(o.starts_with("--") && name.size() > 3, "{}: write the long name of an option of sbatch, with its value in the same word: --partition=long", o);
    for (const char* own : {"--fresh", "--quiet", "--ranks", "--slice", "--json"})
      VALIDATE(name != own, "{} is no option of sbatch or `umbra submit`: {}", o,
               name == "--fresh" ? "start anew by removing the run directory" : name == "--ranks" ? "say --nodes and --ntasks-per-node" : "leave it away");
    VALIDATE(name != "--wrap" && name != "--parsable" && name != "--array", "{}: umbra submit needs this option of sbatch itself: leave it away", o);
    VALIDATE(o.find_first_of("\n\r") == std::string::npos, "{}: an option of sbatch must be one line", o);
    lines.push_back("#SBATCH " + quoted(o));
  }
  lines.push_back(options.chain > 0 ? "#SBATCH --no-requeue" : "#SBATCH --requeue");
  return lines;
}

// Runs a program and returns what it prints; throws where it fails.
std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  VALIDATE(pipe, "{} cannot be started: is Slurm on the path?", command);
  std::string text;
  std::array<char, 4096> block;
  for (std::size_t n; (n = std::fread(block.data(), 1, block.size(), pipe)) > 0;) text.append(block.data(), n);
  const int status = pclose(pipe);
  VALIDATE(WIFEXITED(status) && WEXITSTATUS(status) == 0, "`{}` failed (its message is above): nothing was submitted", command);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

struct Campaigns {
  Job job;
  SlurmTime time;
  std::optional<Sweep> sweep;
  std::vector<std::string> directives;
};

// Reads all that was given, the job with each value of an array too. Throws UserError with what is wrong.
Campaigns read_campaigns(const SubmitOptions& options) {
  const auto time = parse_slurm_time(options.time);
  VALIDATE(time.has_value(), "--time {}: write it as Slurm does, for instance 90 (minutes), 12:00:00 or 1-00:00:00, or with a unit: 12h", options.time);
  std::vector<std::string> lines = directives(options);
  const std::string text = read_job_text(options.job);
  std::optional<Sweep> sweep;
  if (!options.array.empty()) sweep = read_sweep(options.array);
  std::vector<std::string> overrides = options.overrides;
  for (const std::string& value : sweep ? sweep->values : std::vector<std::string>{}) {
    overrides.push_back(sweep->key + "=" + value);
    read_plan(text, options.job, overrides);
    overrides.pop_back();
  }
  return {read_plan(text, options.job, overrides).first, *time, std::move(sweep), std::move(lines)};
}

std::string script_of(const SubmitOptions& options, const std::string& program, const Campaigns& campaigns) {
  const Job& job = campaigns.job;
  const std::string run = fs::absolute(job.output.directory).string();
  std::vector<std::string> lines = campaigns.directives;
  std::string array;
  if (campaigns.sweep) {
    const Sweep& sweep = *campaigns.sweep;
    lines.push_back(fmt::format("#SBATCH --array=0-{}", sweep.values.size() - 1));
    array = fmt::format("values=({})\nvalue=${{values[$SLURM_ARRAY_TASK_ID]}}\nrun=$run/{}=${{value//\\//_}}\nmkdir -p \"$run\"\noverrides+=(\"{}=$value\")\n", quoted(sweep.values), sweep.key, sweep.key);
  }
  Values values = {{"name", quoted(job.name)},
                   {"nodes", std::to_string(options.nodes)},
                   {"ntasks_per_node", std::to_string(options.ntasks_per_node)},
                   {"time", campaigns.time.text},
                   {"time_s", fmt::format("{:.0f}", std::isfinite(campaigns.time.seconds) ? campaigns.time.seconds : 0.0)},
                   {"run", quoted(run)},
                   {"directives", join(lines, "\n")},
                   {"directory", quoted(fs::current_path().string())},
                   {"overrides", quoted(options.overrides)},
                   {"array", array + "overrides+=(\"output.directory=$run\")"},
                   {"program", quoted(program)},
                   {"job", quoted(fs::absolute(options.job).string())},
                   {"again", options.chain > 0 ? "echo \"not done yet: the next job of the chain goes on\"" : "echo \"not done yet: requeued\"; scontrol requeue \"$SLURM_JOB_ID\""}};
  values["launch"] = fill(options.launcher == "srun" ? slurm_templates::launch_srun : slurm_templates::launch_mpirun, values);
  values["launch"].pop_back();
  values["watch"] = options.launcher == "srun" ? "" : "end_when_alone \"$campaign\" >/dev/null 2>&1 &\n";
  return fill(slurm_templates::batch, values);
}

}  // namespace

int submit_command(const SubmitOptions& options) {
  std::optional<Campaigns> campaigns;
  try {
    campaigns = read_campaigns(options);
  } catch (const UserError& e) {
    fmt::print(stderr, "umbra: {}\nNothing was submitted.\n", e.what());
    return exit_code::bad_job;
  }
  const std::string script = script_of(options, fs::canonical("/proc/self/exe").string(), *campaigns);
  if (options.dry_run) {
    fmt::print("{}", script);
    return exit_code::done;
  }
  const std::string run = campaigns->job.output.directory;
  make_directory(run);
  const std::string file = run + "/slurm_script.sh";
  replace_file(file, script);
  std::vector<std::string> ids;
  for (int i = 0; i < std::max(1, options.chain); ++i) {
    const std::string id = output_of(fmt::format("sbatch --parsable {} {}", ids.empty() ? "" : "--dependency=afterany:" + ids.back(), quoted(file)));
    ids.push_back(id.substr(0, id.find(';')));
    fmt::print("submitted as job {}\n", ids.back());
  }
  replace_file(run + "/slurm_job", ids.front() + "\n");
  fmt::print("`umbra status {}` says how far it is; its output goes to {}/slurm-*.out; `scancel {}` stops it\n", run, run, join(ids, " "));
  return exit_code::done;
}

}  // namespace umbra
