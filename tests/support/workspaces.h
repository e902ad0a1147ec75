#pragma once
// Workspaces for the tests of src/statistics: our own in tests/data, the published ones where they are.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "src/statistics/histfactory_toy_model.h"
#include "src/statistics/json_view.h"
#include "src/statistics/patch.h"

namespace umbra {

inline json load_json(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE(in);
  return json::parse(in);
}
inline json own_workspace(const std::string& name) { return load_json(std::filesystem::path(UMBRA_SOURCE_DIR) / "tests/data" / (name + ".json")); }

inline std::shared_ptr<const HistFactory> compile(const json& document, const HistFactoryOptions& options = {}) {
  return std::make_shared<HistFactory>(read_workspace(document), options);
}

inline std::filesystem::path reference_directory() { return std::filesystem::path(UMBRA_SHARED_DIR) / "references/histfactory"; }
inline bool have_references() {
  const bool there = std::filesystem::exists(reference_directory() / "reference.json");
  if (!there) WARN("skipped: no reference workspaces at " << reference_directory());
  return there;
}

/// A published workspace with its signal: sbottom_A_1300_205_60, sbottom_A_1400_950_60, sbottom_B_1400_550_60 or a patch of 1Lbb.
inline json published_workspace(const std::string& name) {
  const std::filesystem::path directory = reference_directory() / "published";
  if (name.rfind("sbottom_", 0) == 0) {
    const std::string region = name.substr(0, 9);
    return apply_patch(load_json(directory / (region + "_background.json")), load_json(directory / (region + "_patch" + name.substr(9) + ".json")));
  }
  const json background = load_json(directory / "1Lbb_background.json"), patches = load_json(directory / "1Lbb_patchset.json");
  return apply_patch(background, find_patch(patches, name, background));
}

}  // namespace umbra
