// model: {type: histfactory}: a published likelihood from its JSON file, with a patch that adds a signal where there is one, or several of them.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/statistics/data_options.h"
#include "src/statistics/histfactory_family.h"
#include "src/statistics/patch.h"

namespace umbra {
namespace {

using nlohmann::json;

struct Options : DataOptions {
  std::string workspace, patch, patch_name, measurement, poi;
  Config patch_names;
  std::vector<std::string> patches;
  std::string normsys = "code4", histosys = "code4p";

  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("workspace", &Options::workspace, "a pyhf or HS3 JSON file; paths are relative to the job file", required());
    o.add("patch", &Options::patch, "a JSON patch of it (a signal), or a patch set");
    o.add("patch_name", &Options::patch_name, "which patch of a patch set");
    o.add("patch_names", &Options::patch_names, "several patches of a patch set, each a signal to test: a list of names, or all");
    o.add("patches", &Options::patches, "several files, each with a JSON patch, in place of a patch set");
    o.add("measurement", &Options::measurement, "which measurement of the workspace (default: the first)");
    o.add("poi", &Options::poi, "the parameter of interest (default: what the measurement says)");
    o.add("normsys", &Options::normsys, "how a normsys interpolates", one_of({"code1", "code4"}));
    o.add("histosys", &Options::histosys, "how a histosys interpolates", one_of({"code0", "code2", "code4p"}));
    add_to(o);
    return o;
  }
};

// What a UserError says begins with the file that it is about.
template <class Act>
auto about(const std::string& file, Act act) {
  try {
    return act();
  } catch (const UserError& e) {
    throw UserError(fmt::format("{}: {}", file, e.what()));
  }
}

json read_json(const std::string& path) {
  const std::string file = (std::filesystem::path(working_directory().job) / path).string();
  VALIDATE(!std::filesystem::is_directory(file), "{} is a folder (a JSON file belongs here), name the file in it", file);
  std::ifstream in(file);
  VALIDATE(in.good(), "the file {} cannot be read: is the path right? It is relative to the folder of the job file", file);
  try {
    return json::parse(in);
  } catch (const json::exception& e) {
    throw UserError(fmt::format("{} is no JSON: {}", file, e.what()));
  }
}

struct Signal {
  std::string name, file;  ///< of the patch
  std::vector<double> values;
  json document;  ///< the workspace with it
};

std::vector<Signal> signals_of_set(const Options& o, const json& workspace, const json& set) {
  return about(o.patch, [&] {
    const std::vector<PatchInfo> known = list_patches(set);
    std::vector<std::string> names;
    if (o.patch_names.is_null()) {
      VALIDATE(!o.patch_name.empty(), "a set of patches: say which one with patch_name, or several with patch_names: [NAME, ...] or all");
      names = {o.patch_name};
    } else if (o.patch_names.is_list()) {
      for (const Config& name : o.patch_names.elements()) names.push_back(name.text());
    } else {
      VALIDATE(o.patch_names.text() == "all", "patch_names: expected a list of names, or all");
      for (const PatchInfo& info : known) names.push_back(info.name);
    }
    VALIDATE(!names.empty(), "patch_names: no patch is named (there is nothing to test), name one");
    std::vector<Signal> signals;
    for (const json* patch : find_patches(set, names, workspace)) {
      const std::string& name = names[signals.size()];
      for (const Signal& s : signals) VALIDATE(s.name != name, "patch_names: '{}' stands twice, remove one", name);
      const auto info = std::find_if(known.begin(), known.end(), [&](const PatchInfo& i) { return i.name == name; });
      signals.push_back({name, o.patch, info->values, about("patch '" + name + "'", [&] { return apply_patch(workspace, *patch); })});
    }
    return signals;
  });
}

// Without folder and extension; with the folder where that alone would leave two with one name.
std::vector<std::string> names_of_files(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  std::set<std::string> stems, whole;
  for (const std::string& file : files) {
    const std::filesystem::path path = std::filesystem::path(file).lexically_normal();
    names.push_back(path.stem().string());
    stems.insert(names.back());
    VALIDATE(whole.insert((path.parent_path() / path.stem()).string()).second, "patches: '{}' stands twice (each is a signal of its own), remove one", file);
  }
  for (std::size_t i = 0; i < files.size() && stems.size() < files.size(); ++i) {
    const std::filesystem::path path = std::filesystem::path(files[i]).lexically_normal();
    names[i] = (path.parent_path() / path.stem()).string();
  }
  return names;
}

std::vector<Signal> read_signals(const Options& o, std::vector<std::string>& labels) {
  const json workspace = read_json(o.workspace);
  const bool several = !o.patch_names.is_null();
  VALIDATE(o.patches.empty() || (o.patch.empty() && !several), "'patches' lists files with a patch each: leave 'patch' and 'patch_names' away");
  VALIDATE(o.patch_name.empty() || !several, "'patch_name' and 'patch_names' both say which patches: leave one away");
  VALIDATE(!o.patch.empty() || (!several && o.patch_name.empty()), "'{}' names patches, and no file of them is given: add patch: FILE",
           several ? "patch_names" : "patch_name");
  std::vector<Signal> signals;
  const std::vector<std::string> names = names_of_files(o.patches);
  for (std::size_t i = 0; i < names.size(); ++i)
    signals.push_back({names[i], o.patches[i], {}, about(o.patches[i], [&] { return apply_patch(workspace, read_json(o.patches[i])); })});
  if (!signals.empty()) return signals;
  if (o.patch.empty()) return {{"", o.workspace, {}, workspace}};
  const json patch = read_json(o.patch);
  if (!patch.is_array()) {
    if (patch.contains("metadata") && patch["metadata"].contains("labels"))
      for (const json& label : patch["metadata"]["labels"])
        if (label.is_string()) labels.push_back(label.get<std::string>());
    signals = signals_of_set(o, workspace, patch);
    if (!several) signals.front().name.clear();
    return signals;
  }
  VALIDATE(!several && o.patch_name.empty(), "{} is a single patch, not a set: leave patch_name and patch_names away", o.patch);
  return {{"", o.patch, {}, about(o.patch, [&] { return apply_patch(workspace, patch); })}};
}

HistFactoryOptions model_options(const Options& o) {
  HistFactoryOptions options;
  options.measurement = o.measurement;
  options.poi = o.poi;
  options.normsys = o.normsys == "code1" ? NormsysCode::code1 : NormsysCode::code4;
  options.histosys = o.histosys == "code0" ? HistosysCode::code0 : o.histosys == "code2" ? HistosysCode::code2 : HistosysCode::code4p;
  return options;
}

std::unique_ptr<ToyFamily> read_family(const Options& o) {
  std::vector<std::string> labels;
  HistFactoryFamily family(model_options(o), o.toys());
  for (Signal& signal : read_signals(o, labels)) {
    const std::string where = signal.file == o.workspace ? o.workspace : fmt::format("{} with {} {}", o.workspace, signal.file, signal.name);
    about(where, [&] { family.add(read_workspace(signal.document), signal.name, signal.values); });
    signal.document = nullptr;
  }
  return std::make_unique<ToyFamily>(family.family(std::move(labels)));
}

std::unique_ptr<ToyFamily> make_family(const Config& config, Faults& faults) {
  const std::size_t before = faults.size();
  const Options options = Options::options().read(config, faults, "model histfactory");
  if (faults.size() != before) return nullptr;
  try {
    return read_family(options);
  } catch (const UserError& e) {
    const Config* workspace = config.find("workspace");
    faults.add(workspace ? workspace->mark() : config.mark(), fmt::format("model histfactory: {}", e.what()));
    return nullptr;
  }
}

constexpr const char* summary = "a published likelihood: channels of binned samples with systematic uncertainties";

[[maybe_unused]] const bool registered =
    ToyFamilyRegistry::instance().add("histfactory", {summary, "CERN-OPEN-2012-016", Options::options().describe(), make_family});

}  // namespace
}  // namespace umbra
