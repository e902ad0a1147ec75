#include "jobs/simulators/external_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "jobs/working_directory.h"
#include "src/base/text.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;

fs::path from_job(const std::string& path) {
  std::error_code ignored;
  return (fs::absolute(working_directory().job, ignored) / path).lexically_normal();
}

// A name in a step's folder: nothing that leads out of it.
bool check_file_name(const std::string& name, Mark mark, const std::string& where, Faults& faults) {
  const fs::path path(name);
  const bool good = !name.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
  if (!good) faults.add(mark, fmt::format("{}: '{}' is no file name within the step's folder (each worker has its own), give a relative one without ..", where, name));
  return good;
}

std::string text_at(const Config& map, const char* key, const std::string& where, Faults& faults) {
  std::string text;
  if (const Config* value = map.find(key)) detail::read_option(*value, text, {}, where + ": " + key, faults);
  return text;
}

StepInput read_input(const Config::Item& item, const std::vector<std::string>& variables, const std::string& step, Faults& faults) {
  const std::string where = fmt::format("{}: input {}", step, item.key);
  StepInput input;
  input.name = item.key;
  check_file_name(item.key, item.mark, where, faults);
  const Config& map = item.value;
  if (!map.is_map()) {
    faults.add(item.mark, fmt::format("{}: expected a map, write {{template: FILE}}, {{text: ...}}, {{from: FILE}} or {{template: FILE, slha: {{...}}}}", where));
    return input;
  }
  detail::check_keys(map, {"template", "text", "slha", "from"}, where, faults);
  const std::string file = text_at(map, "template", where, faults);
  std::string text = text_at(map, "text", where, faults);
  input.from = text_at(map, "from", where, faults);
  const Config* slha = map.find("slha");
  if (!file.empty() + !text.empty() + !input.from.empty() > 1 || (slha && !input.from.empty()))
    faults.add(item.mark, fmt::format("{}: give only one of template, text and from (slha goes with a template or a text)", where));
  if (file.empty() && text.empty() && input.from.empty() && !slha)
    faults.add(item.mark, fmt::format("{}: say what goes into it: template, text, slha or from", where));
  if (!file.empty()) {
    std::ifstream in(from_job(file), std::ios::binary);
    std::ostringstream all;
    if (fs::is_regular_file(from_job(file)) && in) all << in.rdbuf();
    else faults.add(map.find("template")->mark(), fmt::format("{}: cannot read the template {}, correct its path (relative ones start from the job file's folder)", where, from_job(file).string()));
    text = all.str();
  }
  if (slha && !slha->is_map()) faults.add(slha->mark(), fmt::format("{}: slha: expected a map such as {{\"EXTPAR 1\": M1}}", where));
  if (slha) {
    for (const Config::Item& entry : slha->items()) {
      const auto key = SlhaKey::parse(entry.key);
      if (!key || key->branching) {
        faults.add(entry.mark, fmt::format("{}: '{}' names no SLHA entry, write for instance \"EXTPAR 1\" or \"DECAY 25\"", where, entry.key));
        continue;
      }
      // A word in quotes goes in as it stands; a whole number stays one (switches are read as integers).
      const std::string& value = entry.value.text();
      const bool number = !value.empty() && value.find_first_not_of("0123456789+-") == std::string::npos;
      const bool has_format = value.find("| %") != std::string::npos || value.find("|%") != std::string::npos;
      if (!entry.value.is_scalar() || value.empty()) faults.add(entry.mark, fmt::format("{}: {} needs a number or an expression", where, entry.key));
      else text = set_slha(text, *key, number ? value : fmt::format("{{{{ {}{} }}}}", value, has_format ? "" : " | %.16E"));
    }
  }
  input.text = TextTemplate(text, variables, item.mark, where, faults);
  return input;
}

StepOutput read_output(const Config::Item& item, const std::string& step, Faults& faults) {
  const std::string where = fmt::format("{}: output {}", step, item.key);
  StepOutput output;
  output.column.name = item.key;
  const Config& map = item.value;
  if (!map.is_map()) {
    faults.add(item.mark, fmt::format("{}: expected a map such as {{slha: MASS 25, file: out.slha, unit: GeV}}", where));
    return output;
  }
  std::vector<std::string> known = Extract::keys();
  known.insert(known.end(), {"file", "unit", "label", "missing"});
  detail::check_keys(map, known, where, faults);
  output.extract = Extract::read(map, where, faults);
  output.file = text_at(map, "file", where, faults);
  output.column.unit = text_at(map, "unit", where, faults);
  output.column.label = text_at(map, "label", where, faults);
  if (const Config* missing = map.find("missing")) detail::read_option(*missing, output.missing, {}, where + ": missing", faults);
  if (output.file.empty()) faults.add(map.mark(), fmt::format("{}: 'file' is missing (the file it is read from, or stdout)", where));
  else check_file_name(output.file, map.mark(), where, faults);
  return output;
}

UnphysicalIf read_unphysical(const Config& map, const std::string& step, Faults& faults) {
  const std::string where = step + ": unphysical_if";
  UnphysicalIf rule;
  if (!map.is_map()) {
    faults.add(map.mark(), where + ": expected a map such as {no_output: out.slha} or {exit_code: 3}");
    return rule;
  }
  detail::check_keys(map, {"no_output", "exit_code", "pattern", "spinfo", "file"}, where, faults);
  const std::string file = text_at(map, "file", where, faults);
  rule.no_output = text_at(map, "no_output", where, faults);
  if (const Config* codes = map.find("exit_code")) {
    std::vector<Config> all = codes->is_list() ? codes->elements() : std::vector<Config>{*codes};
    for (const Config& code : all) {
      int value = 0;
      detail::read_option(code, value, between(0, 255), where + ": exit_code", faults);
      rule.exit_codes.push_back(value);
    }
  }
  if (const std::string pattern = text_at(map, "pattern", where, faults); !pattern.empty()) {
    rule.pattern.emplace(pattern, map.find("pattern")->mark(), where, faults);
    rule.pattern_file = file.empty() ? "stdout" : file;
  }
  if (const Config* code = map.find("spinfo")) {
    std::int64_t index = 0;
    detail::read_option(*code, index, {}, where + ": spinfo", faults);
    rule.spinfo = static_cast<long>(index);
    rule.spinfo_file = file;
    if (file.empty()) faults.add(map.mark(), where + ": spinfo needs 'file' (the SLHA file that may hold the block SPINFO)");
  }
  if (rule.no_output.empty() && rule.exit_codes.empty() && !map.find("pattern") && !rule.spinfo)
    faults.add(map.mark(), where + ": it says of no point that it is unphysical, give no_output, exit_code, pattern or spinfo");
  else if (!file.empty() && rule.pattern_file.empty() && rule.spinfo_file.empty())
    faults.add(map.mark(), where + ": 'file' goes with pattern or spinfo (the file that is searched), which are not given");
  for (const std::string* name : {&rule.no_output, &rule.pattern_file, &rule.spinfo_file})
    if (!name->empty()) check_file_name(*name, map.mark(), where, faults);
  return rule;
}

}  // namespace

OptionSet<ExternalStep::Options> ExternalStep::options() {
  using O = Options;
  return OptionSet<O>()
      .add("name", &O::name, "name of the step, for messages and files")
      .add("command", &O::command, "what to run; {{ expression }} is replaced; a shell runs it where it needs one", required())
      .add("when", &O::when, "expression of parameters and earlier outputs; false: the step is not run")
      .add("inputs", &O::inputs, "files to write before: NAME: {template | text | slha | from}")
      .add("outputs", &O::outputs, "numbers to read after: NAME: {slha | json | csv | regex, file, unit, label, missing}")
      .add("unphysical_if", &O::unphysical_if, "the tool's own words for an unphysical point: {no_output | exit_code | pattern | spinfo, file}, or a list of such")
      .add("timeout", &O::timeout, "wall time after which the step is ended", above(0))
      .add("cpu_time", &O::cpu_time, "CPU time of all its processes after which it is ended; 0: no limit", at_least(0))
      .add("memory", &O::memory, "resident memory of all its processes together; 0: no limit", at_least(0))
      .add("max_output", &O::max_output, "size of any one file that it writes, its printed output included; 0: no limit", at_least(0))
      .add("retries", &O::retries, "how often a step that failed is run again", between(0, 100))
      .add("cores", &O::cores, "threads that the tool uses (sets OMP_NUM_THREADS and lifts the binding to one core)", at_least(1))
      .add("copy", &O::copy, "a folder of which each worker gets its own copy and in which the step then runs")
      .add("cache", &O::cache, "files and folders in the copy that the program makes once and may find again at later points")
      .add("exit_codes", &O::exit_codes, "exit codes that mean success", between(0, 255));
}

ExternalStep ExternalStep::read(const Config& map, std::size_t index, const std::vector<std::string>& variables, Faults& faults) {
  const Config* given_name = map.find("name");
  const std::string where = fmt::format("model external: step {}", given_name && given_name->is_scalar() ? given_name->text() : fmt::format("{}", index + 1));
  Options o = options().read(map, faults, where, {});
  const auto mark_of = [&map](const char* key) { return map.find(key) ? map.find(key)->mark() : map.mark(); };

  ExternalStep step;
  step.name = o.name.empty() ? fmt::format("step{}", index + 1) : o.name;
  if (step.name.find_first_of("/ \t") != std::string::npos) faults.add(mark_of("name"), where + ": a step's name becomes a file name, leave out spaces and slashes");
  if (!o.copy.empty()) {
    step.copy = from_job(o.copy);
    if (!fs::is_directory(step.copy)) faults.add(mark_of("copy"), fmt::format("{}: copy: {} is no folder, correct its path", where, step.copy));
  }
  if (!o.command.empty())
    step.command = CommandLine(o.command, variables, step.copy.empty() ? working_directory().job : step.copy,
                               step.copy.empty() ? CommandLine::Names::program : CommandLine::Names::in_place, mark_of("command"), where + ": command", faults);
  if (!o.when.empty()) step.when.emplace(o.when, variables, mark_of("when"), where + ": when", faults);
  for (const Config* part : {&o.inputs, &o.outputs})
    if (!part->is_map() && !part->is_null()) faults.add(part->mark(), where + ": inputs and outputs are maps, NAME: {...}");
  for (const Config::Item& item : o.inputs.items()) step.inputs.push_back(read_input(item, variables, where, faults));
  for (const Config::Item& item : o.outputs.items()) step.outputs.push_back(read_output(item, where, faults));
  if (o.unphysical_if.is_list())
    for (const Config& rule : o.unphysical_if.elements()) step.unphysical_if.push_back(read_unphysical(rule, where, faults));
  else if (!o.unphysical_if.is_null()) step.unphysical_if.push_back(read_unphysical(o.unphysical_if, where, faults));
  step.cache = o.cache;
  for (const std::string& c : step.cache) check_file_name(c, mark_of("cache"), where + ": cache", faults);
  if (!step.cache.empty() && step.copy.empty()) faults.add(mark_of("cache"), where + ": cache goes with copy (the folder of other steps is emptied for every point)");
  step.limits = {o.timeout.value, o.cpu_time.value, o.memory.value, o.max_output.value};
  step.retries = o.retries;
  step.cores = o.cores;
  step.good_exit_codes = o.exit_codes;
  step.num_variables = variables.size();
  return step;
}

}  // namespace umbra
