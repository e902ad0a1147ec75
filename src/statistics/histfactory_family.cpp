#include "src/statistics/histfactory_family.h"

#include <fmt/format.h>

#include "src/statistics/name_hash.h"
#include "src/statistics/same_background.h"

namespace umbra {

namespace {

std::vector<std::uint64_t> data_names(const HistFactory& model) {
  std::vector<std::uint64_t> names;
  for (const HistFactory::Channel& channel : model.channels())
    for (std::size_t b = 0; b < channel.num_bins; ++b) names.push_back(name_hash(fmt::format("bin {}[{}]", channel.name, b)));
  for (const std::uint32_t p : model.auxiliary_parameter()) names.push_back(name_hash("constraint " + model.parameters()[p].name));
  return names;
}

}  // namespace

void HistFactoryFamily::add(Workspace workspace, std::string name, std::vector<double> values) {
  auto model = std::make_shared<const HistFactory>(workspace, options_);
  ToyFamily::Member member{std::make_shared<HistFactoryToyModel>(model, toys_), std::move(name), std::move(values), data_names(*model)};
  const std::size_t own = members_.size();
  member.background = own;
  for (std::size_t i = 0; i < own && member.background == own; ++i) {
    if (members_[i].background != i) continue;
    const std::string difference = background_difference(workspaces_[i], *models_[i], workspace, *model);
    if (difference.empty()) member.background = i;
    if (i == 0) member.difference = difference;
  }
  members_.push_back(std::move(member));
  models_.push_back(std::move(model));
  workspaces_.push_back(std::move(workspace));
}

}  // namespace umbra
