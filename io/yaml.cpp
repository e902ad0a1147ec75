#include "io/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

/// One document, whose marks name the source, where there is one.
class Conversion {
 public:
  Conversion(const std::string& source, Faults& faults) : source_(source), faults_(faults) {}

  Config convert(const YAML::Node& node) {
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return Config(node.Scalar(), mark_of(node));
      case YAML::NodeType::Sequence:
      case YAML::NodeType::Map:
        return inside(node);
      default:
        return Config::null(mark_of(node));
    }
  }

  Mark mark_of(const YAML::Node& node) const {
    const YAML::Mark m = node.Mark();
    Mark mark = m.is_null() ? Mark{} : Mark{m.line + 1, m.column + 1};
    mark.source = source_;
    return mark;
  }

 private:
  Config inside(const YAML::Node& node) {
    for (const YAML::Node& around : open_)
      if (around.is(node)) {
        faults_.add(mark_of(node), "what stands at this anchor contains itself through its alias (it would never end), take the alias out");
        return Config::null(mark_of(node));
      }
    open_.push_back(node);
    Config all = node.IsMap() ? map(node) : list(node);
    open_.pop_back();
    return all;
  }

  Config list(const YAML::Node& node) {
    std::vector<Config> elements;
    for (const YAML::Node& e : node) elements.push_back(convert(e));
    return Config::list(std::move(elements), mark_of(node));
  }

  Config map(const YAML::Node& node) {
    std::vector<Config::Item> items;
    for (const auto& entry : node) {
      const Mark mark = mark_of(entry.first);
      if (!entry.first.IsScalar()) {
        faults_.add(mark, "a key must be a plain word");
        continue;
      }
      const std::string key = entry.first.Scalar();
      bool repeated = false;
      for (const Config::Item& i : items) repeated = repeated || i.key == key;
      if (repeated) faults_.add(mark, fmt::format("the key '{}' stands here a second time, remove one", key));
      else items.push_back({key, convert(entry.second), mark});
    }
    return Config::map(std::move(items), mark_of(node));
  }

  std::string source_;
  Faults& faults_;
  std::vector<YAML::Node> open_;  ///< lists and maps around the present place
};

Config parse(const std::string& text, const std::string& source, Faults& faults) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.empty()) return Config::null({.source = source});
  Conversion conversion(source, faults);
  if (documents.size() > 1) faults.add(conversion.mark_of(documents[1]), "a second document begins here (only one would be read), take out the line '---' before it, or all that follows");
  return conversion.convert(documents.front());
}

// Where the text stops being UTF-8, which all that is written of it (JSON, HDF5) must be.
void check_encoding(const std::string& text, const std::string& where) {
  const std::size_t bad = find_invalid_utf8(text);
  if (bad == std::string::npos) return;
  const auto line_start = text.rfind('\n', bad) + 1;  // npos + 1 is 0
  VALIDATE(false, "{}:{}:{}: the byte 0x{:02X} is not UTF-8 (a name of it could not be written to the result), save the file with the encoding UTF-8", where,
           1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'), bad - line_start + 1, static_cast<unsigned char>(text[bad]));
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
  check_encoding(text, file);
  try {
    return parse(text, "", faults);
  } catch (const YAML::Exception& e) {
    throw UserError(fmt::format("{}:{}:{}: not valid YAML: {}", file, e.mark.line + 1, e.mark.column + 1, e.msg));
  }
}

Config parse_override(const std::string& text, const std::string& source, Faults& faults) {
  check_encoding(text, source);
  try {
    return parse(text, source, faults);
  } catch (const YAML::Exception& e) {
    throw UserError(fmt::format("{}: not valid YAML: {}", source, e.msg));
  }
}

std::string write_yaml(const Config& config) {
  YAML::Emitter out;
  emit(out, config);
  return std::string(out.c_str()) + "\n";
}

}  // namespace umbra
