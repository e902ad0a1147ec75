#include "src/space/constraint.h"

#include <algorithm>
#include <set>

namespace umbra {
namespace {

/// The list with its includes replaced by what they stand for.
class Expansion {
 public:
  struct Entry {
    Config config;
    std::string set;  ///< the set that the job file includes, "" where the entry stands in the file itself
    Mark mark;        ///< of that include
  };

  explicit Expansion(Faults& faults) : faults_(faults) {}

  void add_list(const Config& list) {
    if (!list.is_list()) return fault(list.mark(), fmt::format("expected a list of constraints, found {}", Config::describe(list.kind())));
    for (const Config& entry : list.elements()) add(entry);
  }
  const std::vector<Entry>& entries() const { return entries_; }

  /// What is wrong inside a set is reported where the job file includes it.
  static void report(const std::string& set, Mark include, Mark own, const std::string& text, Faults& faults) {
    if (set.empty()) faults.add(own, text);
    else faults.add(include, fmt::format("constraint set '{}': {}", set, text));
  }

 private:
  void fault(Mark mark, const std::string& text) {
    if (open_.empty()) faults_.add(mark, "constraints: " + text);
    else report(open_.front(), mark_, mark, text, faults_);
  }

  void add(const Config& entry) {
    if (!entry.is_map())
      return fault(entry.mark(), fmt::format("expected a map such as {{column: m_h, type: normal, value: 125, sigma: 1}}, found {}",
                                             Config::describe(entry.kind())));
    if (const Config* set = entry.find("include")) include(entry, *set);
    else entries_.push_back({entry, open_.empty() ? "" : open_.front(), mark_});
  }

  void include(const Config& entry, const Config& set) {
    const std::string& name = set.text();
    if (entry.items().size() != 1 || !set.is_scalar()) return fault(entry.mark(), "an include is written {include: NAME} and has no other keys");
    if (std::find(open_.begin(), open_.end(), name) != open_.end())
      return fault(set.mark(), fmt::format("the set '{}' includes itself (it would never end), take that out", name));
    Faults unknown;
    const Config list = ConstraintSets::get(name, set.mark(), unknown);
    for (const Faults::Fault& f : unknown.all()) fault(f.mark, f.text);
    if (!unknown.empty()) return;
    if (open_.empty()) mark_ = set.mark();
    open_.push_back(name);
    add_list(list);
    open_.pop_back();
    if (open_.empty()) mark_ = {};
  }

  Faults& faults_;
  std::vector<Entry> entries_;
  std::vector<std::string> open_;  // the sets that are being expanded, outermost first
  Mark mark_;                      // where the job file includes the outermost
};

const Config* given_name(const Expansion::Entry& entry) {
  const Config* name = entry.config.find("name");
  return name && name->is_scalar() && !name->text().empty() ? name : nullptr;
}

/// The names that the job gives, which stay as they are: two equal ones are a fault.
std::set<std::string> given_names(const std::vector<Expansion::Entry>& entries, Faults& faults) {
  std::set<std::string> names;
  for (const Expansion::Entry& entry : entries) {
    const Config* name = given_name(entry);
    if (name && !names.insert(name->text()).second)
      Expansion::report(entry.set, entry.mark, name->mark(), fmt::format("two constraints are called '{}' (each has a column of its own, lnL_<name>), rename one", name->text()), faults);
  }
  return names;
}

}  // namespace

std::vector<std::unique_ptr<Constraint>> read_constraints(const Config& list, const ConstraintContext& context, Faults& faults) {
  std::vector<std::unique_ptr<Constraint>> constraints;
  if (list.is_null()) return constraints;
  Expansion expansion(faults);
  expansion.add_list(list);
  std::set<std::string> names = given_names(expansion.entries(), faults);
  for (const Expansion::Entry& entry : expansion.entries()) {
    Faults inner;
    const Config& config = entry.config;
    auto constraint = ConstraintRegistry::instance().make(config, inner, context);
    for (const Faults::Fault& f : inner.all()) Expansion::report(entry.set, entry.mark, f.mark, f.text, faults);
    if (!constraint) continue;
    const std::string first = constraint->name();
    for (int k = 2; !given_name(entry) && names.contains(constraint->name()); ++k) {
      Config numbered = config;
      numbered.set("name", fmt::format("{}_{}", first, k));
      constraint = ConstraintRegistry::instance().make(numbered, inner, context);
    }
    names.insert(constraint->name());
    constraints.push_back(std::move(constraint));
  }
  return constraints;
}

}  // namespace umbra
