// model: {type: histfactory}: a published likelihood from its JSON file, with a patch that adds a signal where there is one.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/statistics/histfactory_toy_model.h"
#include "src/statistics/patch.h"

namespace umbra {
namespace {

struct Options {
  std::string workspace, patch, patch_name, measurement, poi;
  std::string data = "observed";
  double asimov = 0.0;
  bool blind = false;

  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("workspace", &Options::workspace, "a pyhf or HS3 JSON file; paths are relative to the job file", required());
    o.add("patch", &Options::patch, "a JSON patch of it (a signal), or a patch set");
    o.add("patch_name", &Options::patch_name, "which patch of a patch set");
    o.add("measurement", &Options::measurement, "which measurement of the workspace (default: the first)");
    o.add("poi", &Options::poi, "the parameter of interest (default: what the measurement says)");
    o.add("data", &Options::data, "what stands for the data of the experiment: its observations, or the expectations at signal strength `asimov`",
          one_of({"observed", "asimov"}));
    o.add("asimov", &Options::asimov, "signal strength of the Asimov data set");
    o.add("blind", &Options::blind, "never look at the observations: as data: asimov");
    return o;
  }
};

nlohmann::json read_json(const std::string& path) {
  const std::string file = (std::filesystem::path(working_directory().job) / path).string();
  std::ifstream in(file);
  VALIDATE(in.good(), "the file {} cannot be read: is the path right? It is relative to the folder of the job file", file);
  try {
    return nlohmann::json::parse(in);
  } catch (const nlohmann::json::exception& e) {
    throw UserError(fmt::format("{} is no JSON: {}", file, e.what()));
  }
}

std::unique_ptr<ToyModel> read_model(const Options& o) {
  nlohmann::json document = read_json(o.workspace);
  if (!o.patch.empty()) {
    const nlohmann::json patch = read_json(o.patch);
    VALIDATE(patch.is_array() || !o.patch_name.empty(), "{} is a set of patches: say which one with patch_name", o.patch);
    document = apply_patch(document, patch.is_array() ? patch : find_patch(patch, o.patch_name, document));
  }
  HistFactoryOptions options;
  options.measurement = o.measurement;
  options.poi = o.poi;
  auto model = std::make_shared<const HistFactory>(read_workspace(document), options);
  HistFactoryToyOptions toys;
  toys.data = o.blind || o.data == "asimov" ? DataChoice::asimov : DataChoice::observed;
  toys.asimov_poi = o.asimov;
  return std::make_unique<HistFactoryToyModel>(std::move(model), toys);
}

std::unique_ptr<ToyModel> make(const Config& config, Faults& faults) {
  const std::size_t before = faults.size();
  const Options options = Options::options().read(config, faults, "model histfactory");
  if (faults.size() != before) return nullptr;
  try {
    return read_model(options);
  } catch (const UserError& e) {
    const Config* workspace = config.find("workspace");
    faults.add(workspace ? workspace->mark() : config.mark(), fmt::format("model histfactory: {}: {}", options.workspace, e.what()));
    return nullptr;
  }
}

[[maybe_unused]] const bool registered = ToyModelRegistry::instance().add(
    "histfactory",
    {"a published likelihood: channels of binned samples with systematic uncertainties", "CERN-OPEN-2012-016", Options::options().describe(), make});

}  // namespace
}  // namespace umbra
