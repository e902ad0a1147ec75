#pragma once
// Ready lists of the job file under a name (presets of parameters, sets of constraints), each registered beside what it belongs to.

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "src/base/config.h"
#include "src/base/text.h"

namespace umbra {

/// @tparam Kind has a static member `noun` ("preset")
template <class Kind>
class NamedLists {
 public:
  struct Entry {
    std::string name, summary;
  };

  static bool add(std::string name, std::string summary, Config (*make)()) {
    all().emplace(std::move(name), Item{std::move(summary), make});
    return true;
  }

  /// An unknown name is a fault that suggests the nearest one, and gives a null.
  static Config get(const std::string& name, Mark mark, Faults& faults) {
    if (const auto found = all().find(name); found != all().end()) return found->second.make();
    std::vector<std::string> known;
    for (const auto& [k, item] : all()) known.push_back(k);
    faults.add(mark, fmt::format("unknown {} '{}'{}", Kind::noun, name, suggestion(name, known)));
    return {};
  }

  static std::vector<Entry> entries() {
    std::vector<Entry> list;
    for (const auto& [name, item] : all()) list.push_back({name, item.summary});
    return list;
  }

 private:
  struct Item {
    std::string summary;
    Config (*make)();
  };
  static std::map<std::string, Item>& all() {
    static std::map<std::string, Item> items;
    return items;
  }
};

}  // namespace umbra
