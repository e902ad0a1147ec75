#include "workflows/job.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "io/yaml.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

struct CommonOptions {
  std::string name;
  std::uint64_t seed = 1;
  std::string workflow = "scan";

  static OptionSet<CommonOptions> options() {
    OptionSet<CommonOptions> o;
    o.add("name", &CommonOptions::name, "what the campaign is called").add("seed", &CommonOptions::seed, "the same seed gives the same result", at_least(0));
    o.add("workflow", &CommonOptions::workflow, "what to do: scan, learn, toys");
    return o;
  }
};

template <class O>
O read_part(const Config& root, const char* key, Faults& faults, std::vector<std::string> also = {}) {
  const Config* part = root.find(key);
  return part ? O::options().read(*part, faults, key, std::move(also)) : O{};
}

void flatten(const Config& c, const std::string& path, std::map<std::string, std::string>& leaves) {
  for (const Config::Item& i : c.items()) flatten(i.value, path.empty() ? i.key : path + "." + i.key, leaves);
  for (std::size_t i = 0; i < c.elements().size(); ++i) flatten(c.elements()[i], fmt::format("{}[{}]", path, i), leaves);
  if (c.is_scalar()) leaves[path] = c.text();
}

std::optional<Slice> read_slice(const Config& root, Faults& faults) {
  const Config* part = root.find("slice");
  if (!part) return {};
  const auto slice = parse_slice(part->text());
  if (!slice) faults.add(part->mark(), fmt::format("slice: expected for instance 3/100, the third of 100 (they count from 1 to 100), found '{}'", part->text()));
  return slice;
}

}  // namespace

OptionSet<OutputOptions> OutputOptions::options() {
  OptionSet<OutputOptions> o;
  o.add("directory", &OutputOptions::directory, "the run directory, relative to where umbra is started (default: runs/<name>)");
  o.add("save_every", &OutputOptions::save_every, "how often rows are written together and results.h5 is refreshed", above(0.0));
  o.add("full_disk", &OutputOptions::full_disk, "what to do where the disk is full: stop in good order, or wait for space", one_of({"stop", "wait"}));
  return o;
}

OptionSet<StopOptions> StopOptions::options() {
  OptionSet<StopOptions> o;
  o.add("evaluations", &StopOptions::evaluations, "number of points (rows of /points, whatever their status)", at_least(1));
  o.add("walltime", &StopOptions::walltime, "stop in good order after this time (exit code 75), to go on later", above(0.0));
  return o;
}

OptionSet<FailureOptions> FailureOptions::options() {
  OptionSet<FailureOptions> o;
  o.add("budget", &FailureOptions::budget, "largest share of failures among points that are ok or failed (unphysical and skipped ones count as neither)", between(0.0, 1.0));
  o.add("after", &FailureOptions::after, "number of such points before the budget is judged", at_least(1));
  return o;
}

Job Job::read(const std::string& text, const std::string& file, const std::vector<std::string>& overrides, Faults& faults) {
  Job job;
  job.file = file;
  job.root = parse_yaml(text, file, faults);
  VALIDATE(job.root.is_map(), "{}: a job file is a map of keys and values; `umbra new scan` prints one to start from", file);
  for (const std::string& o : overrides) {
    const auto equals = o.find('=');
    VALIDATE(equals != std::string::npos && equals > 0, "'{}' is no override: write key.sub=value", o);
    job.root.set_path(o.substr(0, equals), parse_override(o.substr(equals + 1), "override " + o.substr(0, equals), faults));
  }
  std::vector<std::string> all_keys;
  for (const Config::Item& i : job.root.items()) all_keys.push_back(i.key);  // the workflow judges the other keys
  const CommonOptions common = CommonOptions::options().read(job.root, faults, "job", all_keys);
  job.name = common.name.empty() ? std::filesystem::path(file).stem().string() : common.name;
  job.seed = common.seed;
  job.workflow = common.workflow;
  job.output = read_part<OutputOptions>(job.root, "output", faults);
  if (job.output.directory.empty()) job.output.directory = "runs/" + job.name;
  job.slice = read_slice(job.root, faults);
  if (job.slice) job.output.directory = slice_directory(job.output.directory, *job.slice);
  job.failures = read_part<FailureOptions>(job.root, "failures", faults);
  if (const Config* stop = job.root.find("stop")) {
    Config own = Config::map({}, stop->mark());
    job.stop_rest = Config::map({}, stop->mark());
    if (!stop->is_map()) faults.add(stop->mark(), fmt::format("stop: expected a map such as {{evaluations: 1000}}, found {}", Config::describe(stop->kind())));
    for (const Config::Item& i : stop->items())
      (i.key == "evaluations" || i.key == "walltime" ? own : job.stop_rest).set(i.key, i.value, i.mark);
    job.stop = StopOptions::options().read(own, faults, "stop");
  }
  return job;
}

std::string slice_directory(const std::string& run, const Slice& slice) { return fmt::format("{}/slice-{}-of-{}", run, slice.index + 1, slice.count); }

std::vector<std::string> differences(const Config& earlier, const Config& now, const std::vector<std::string>& may_differ) {
  const auto may_change = [&](const std::string& path) { return std::find(may_differ.begin(), may_differ.end(), path.substr(0, path.find('.'))) != may_differ.end(); };
  std::map<std::string, std::string> was, is;
  flatten(earlier, "", was);
  flatten(now, "", is);
  std::vector<std::string> found;
  for (const auto& [path, value] : was) {
    if (may_change(path)) continue;
    const auto other = is.find(path);
    if (other == is.end()) found.push_back(fmt::format("{}: was {}, is gone", path, value));
    else if (other->second != value) found.push_back(fmt::format("{}: was {}, is {}", path, value, other->second));
  }
  for (const auto& [path, value] : is)
    if (!may_change(path) && !was.count(path)) found.push_back(fmt::format("{}: was not there, is {}", path, value));
  return found;
}

}  // namespace umbra
