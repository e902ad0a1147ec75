#include "workflows/submit_command.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "io/file.h"
#include "slurm_templates.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/commands.h"
#include "workflows/starting.h"

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

struct Sweep {
  std::string key;
  std::vector<std::string> values;
};

Sweep read_sweep(const std::string& text) {
  const auto equals = text.find('=');
  VALIDATE(equals != std::string::npos && equals > 0, "--array {}: write key=a,b,c or key=1..10", text);
  Sweep sweep{text.substr(0, equals), {}};
  const std::string list = text.substr(equals + 1);
  if (const auto dots = list.find(".."); dots != std::string::npos) {
    const auto first = parse_number(list.substr(0, dots)), last = parse_number(list.substr(dots + 2));
    VALIDATE(first && last && *first <= *last, "--array {}: {} is no range of whole numbers such as 1..10", text, list);
    for (double v = *first; v <= *last; ++v) sweep.values.push_back(fmt::format("{}", v));
    return sweep;
  }
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    sweep.values.push_back(list.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return sweep;
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

std::string script_of(const SubmitOptions& options, const std::string& program, const Job& job) {
  const std::string run = fs::absolute(job.output.directory).string();
  std::string directives;
  for (const std::string& o : options.sbatch) directives += "#SBATCH " + o + "\n";
  directives += options.chain > 0 ? "#SBATCH --no-requeue" : "#SBATCH --requeue";
  std::string array;
  std::vector<std::string> overrides = options.overrides;
  if (!options.array.empty()) {
    const Sweep sweep = read_sweep(options.array);
    directives += fmt::format("\n#SBATCH --array=0-{}", sweep.values.size() - 1);
    array = fmt::format("values=({})\nvalue=${{values[$SLURM_ARRAY_TASK_ID]}}\nrun=$run/{}=$value\nmkdir -p \"$run\"\noverrides+=(\"{}=$value\")\n", quoted(sweep.values), sweep.key, sweep.key);
  }
  Values values = {{"name", quoted(job.name)},
                   {"nodes", std::to_string(options.nodes)},
                   {"ntasks_per_node", std::to_string(options.ntasks_per_node)},
                   {"time", options.time},
                   {"run", quoted(run)},
                   {"directives", directives},
                   {"directory", quoted(fs::current_path().string())},
                   {"overrides", quoted(overrides)},
                   {"array", array + "overrides+=(\"output.directory=$run\")"},
                   {"program", quoted(program)},
                   {"job", quoted(fs::absolute(options.job).string())},
                   {"again", options.chain > 0 ? "echo \"not done yet: the next job of the chain goes on\"" : "echo \"not done yet: requeued\"; scontrol requeue \"$SLURM_JOB_ID\""}};
  values["launch"] = fill(options.launcher == "srun" ? slurm_templates::launch_srun : slurm_templates::launch_mpirun, values);
  values["launch"].pop_back();
  return fill(slurm_templates::batch, values);
}

}  // namespace

int submit_command(const SubmitOptions& options) {
  VALIDATE(parse_duration(options.time).has_value(), "--time {}: write it as Slurm does, for instance 12:00:00 or 1-00:00:00", options.time);
  const Job job = read_plan(read_job_text(options.job), options.job, options.overrides).first;
  const std::string script = script_of(options, fs::canonical("/proc/self/exe").string(), job);
  if (options.dry_run) {
    fmt::print("{}", script);
    return exit_code::done;
  }
  const std::string run = job.output.directory;
  make_directory(run);
  const std::string file = run + "/slurm_script.sh";
  replace_file(file, script);
  std::string dependency, id;
  for (int i = 0; i < std::max(1, options.chain); ++i) {
    id = output_of(fmt::format("sbatch --parsable {} {}", dependency, quoted(file)));
    id = id.substr(0, id.find(';'));
    dependency = "--dependency=afterany:" + id;
    fmt::print("submitted as job {}\n", id);
  }
  replace_file(run + "/slurm_job", id + "\n");
  fmt::print("`umbra status {}` says how far it is; its output goes to {}/slurm-*.out\n", run, run);
  return exit_code::done;
}

}  // namespace umbra
