#pragma once
// Names of job-file types to the code that makes them. A component registers itself in its own .cpp; nothing lists them all.

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/config.h"
#include "src/base/error.h"
#include "src/base/options.h"
#include "src/base/text.h"

namespace umbra {

/// @tparam Product the base class, with a static member `registry_noun` ("sampler")
/// @tparam Context what every factory gets beside its options
template <class Product, class... Context>
class Registry {
 public:
  struct Entry {
    std::string summary;    ///< one line
    std::string reference;  ///< arXiv or DOI, "" if none
    std::vector<OptionDoc> options;
    /// Adds faults and may return null where the options are wrong.
    std::function<std::unique_ptr<Product>(const Config&, Faults&, const Context&...)> make;
  };

  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  bool add(std::string name, Entry entry) {
    entries_.emplace(std::move(name), std::move(entry));
    return true;
  }

  /// Registers T, which has `struct Options`, `static OptionSet<Options> options()` and a constructor (Options, Context...) that may
  /// throw UserError for options that do not fit the context.
  template <class T>
  bool add(std::string name, std::string summary, std::string reference = "") {
    const std::string where = std::string(Product::registry_noun) + " " + name;
    return add(std::move(name), Entry{std::move(summary), std::move(reference), T::options().describe(),
                                      [where](const Config& config, Faults& faults, const Context&... context) -> std::unique_ptr<Product> {
                                        const std::size_t before = faults.size();
                                        auto options = T::options().read(config, faults, where);
                                        if (faults.size() != before) return nullptr;
                                        try {
                                          return std::make_unique<T>(std::move(options), context...);
                                        } catch (const UserError& e) {
                                          faults.add(config.mark(), where + ": " + e.what());
                                          return nullptr;
                                        }
                                      }});
  }

  /// Makes what `config`'s key `type` names; an unknown type is a fault that suggests the nearest name.
  std::unique_ptr<Product> make(const Config& config, Faults& faults, const Context&... context) const {
    const Config* type = config.find("type");
    if (!type || !type->is_scalar()) {
      faults.add(config.mark(), fmt::format("{}: 'type' is missing; known: {}", Product::registry_noun, join(names())));
      return nullptr;
    }
    const auto found = entries_.find(type->text());
    if (found == entries_.end()) {
      faults.add(type->mark(), fmt::format("unknown {} '{}'{}", Product::registry_noun, type->text(), suggestion(type->text(), names())));
      return nullptr;
    }
    return found->second.make(config, faults, context...);
  }

  const std::map<std::string, Entry>& entries() const { return entries_; }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries_) all.push_back(name);
    return all;
  }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace umbra
