#include "tests/support/yaml.h"

#include <yaml-cpp/yaml.h>

namespace umbra::test {
namespace {

Mark mark_of(const YAML::Node& node) { return {node.Mark().line + 1, node.Mark().column + 1}; }

Config convert(const YAML::Node& node) {
  if (node.IsScalar()) return Config(node.Scalar(), mark_of(node));
  if (node.IsSequence()) {
    std::vector<Config> elements;
    for (const YAML::Node& e : node) elements.push_back(convert(e));
    return Config::list(std::move(elements), mark_of(node));
  }
  if (node.IsMap()) {
    std::vector<Config::Item> items;
    for (const auto& pair : node) items.push_back({pair.first.Scalar(), convert(pair.second), mark_of(pair.first)});
    return Config::map(std::move(items), mark_of(node));
  }
  return {};
}

}  // namespace

Config yaml(const std::string& text) { return convert(YAML::Load(text)); }

}  // namespace umbra::test
