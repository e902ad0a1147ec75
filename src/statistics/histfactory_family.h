#pragma once
// HistFactory workspaces that differ in their signals as a family of toy models.

#include <string>
#include <vector>

#include "src/statistics/histfactory_toy_model.h"
#include "src/statistics/toy_family.h"

namespace umbra {

/// Joins models one by one, and tells which have the same background (background_difference).
class HistFactoryFamily {
 public:
  explicit HistFactoryFamily(HistFactoryOptions options = {}, HistFactoryToyOptions toys = {}) : options_(std::move(options)), toys_(toys) {}

  /// Throws UserError for faults of the workspace.
  void add(Workspace workspace, std::string name = "", std::vector<double> values = {});
  ToyFamily family(std::vector<std::string> labels = {}) const { return {members_, std::move(labels)}; }

 private:
  HistFactoryOptions options_;
  HistFactoryToyOptions toys_;
  std::vector<Workspace> workspaces_;
  std::vector<std::shared_ptr<const HistFactory>> models_;
  std::vector<ToyFamily::Member> members_;
};

}  // namespace umbra
