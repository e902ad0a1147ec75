#include "io/yaml.h"

#include <yaml-cpp/yaml.h>

#include "src/base/error.h"

namespace umbra {
namespace {

Mark mark_of(const YAML::Node& node) {
  const YAML::Mark m = node.Mark();
  return m.is_null() ? Mark{} : Mark{m.line + 1, m.column + 1};
}

Config convert(const YAML::Node& node, Faults& faults) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return Config(node.Scalar(), mark_of(node));
    case YAML::NodeType::Sequence: {
      std::vector<Config> elements;
      for (const YAML::Node& e : node) elements.push_back(convert(e, faults));
      return Config::list(std::move(elements), mark_of(node));
    }
    case YAML::NodeType::Map: {
      std::vector<Config::Item> items;
      for (const auto& entry : node) {
        const Mark mark = mark_of(entry.first);
        if (!entry.first.IsScalar()) {
          faults.add(mark, "a key must be a plain word");
          continue;
        }
        const std::string key = entry.first.Scalar();
        bool repeated = false;
        for (const Config::Item& i : items) repeated = repeated || i.key == key;
        if (repeated) faults.add(mark, fmt::format("the key '{}' stands here a second time, remove one", key));
        else items.push_back({key, convert(entry.second, faults), mark});
      }
      return Config::map(std::move(items), mark_of(node));
    }
    default:
      return Config();
  }
}

void emit(YAML::Emitter& out, const Config& c) {
  switch (c.kind()) {
    case Config::Kind::null:
      out << YAML::Null;
      break;
    case Config::Kind::scalar:
      out << c.text();
      break;
    case Config::Kind::list: {
      bool flat = true;
      for (const Config& e : c.elements()) flat = flat && e.is_scalar();
      if (flat) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const Config& e : c.elements()) emit(out, e);
      out << YAML::EndSeq;
      break;
    }
    case Config::Kind::map: {
      out << YAML::BeginMap;
      for (const Config::Item& i : c.items()) {
        out << YAML::Key << i.key << YAML::Value;
        emit(out, i.value);
      }
      out << YAML::EndMap;
      break;
    }
  }
}

}  // namespace

Config parse_yaml(const std::string& text, const std::string& file, Faults& faults) {
  try {
    return convert(YAML::Load(text), faults);
  } catch (const YAML::Exception& e) {
    throw UserError(fmt::format("{}:{}:{}: not valid YAML: {}", file, e.mark.line + 1, e.mark.column + 1, e.msg));
  }
}

std::string write_yaml(const Config& config) {
  YAML::Emitter out;
  emit(out, config);
  return std::string(out.c_str()) + "\n";
}

}  // namespace umbra
