#include "src/learning/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/options.h"
#include "src/base/text.h"

namespace umbra {
namespace {

struct Options {
  std::optional<std::string> expression, status;
  std::optional<std::vector<std::string>> columns;
};

const OptionSet<Options>& options() {
  static const OptionSet<Options> all = [] {
    OptionSet<Options> o;
    o.add("class", &Options::expression, "an expression of columns, true for class 1; points that have no value for it teach nothing");
    o.add("status", &Options::status, "class 1 are the points of this status (ok: can the point be computed at all?)");
    o.add("columns", &Options::columns, "columns whose numbers are learnt; numbers beyond 1e15 in size teach nothing");
    return o;
  }();
  return all;
}

}  // namespace

std::optional<Target> Target::read(const Config& config, const std::vector<Column>& columns, Faults& faults) {
  const std::size_t before = faults.size();
  const Options o = options().read(config, faults, "target", {});
  if (faults.size() != before) return {};
  if (o.expression.has_value() + o.status.has_value() + o.columns.has_value() != 1) {
    faults.add(config.mark(), "target: say one of class: EXPRESSION, status: ok, or columns: [NAME]");
    return {};
  }
  std::vector<std::string> names;
  for (const Column& c : columns) names.push_back(c.name);
  Target t;
  if (o.expression) {
    t.kind_ = Kind::expression;
    t.expression_.emplace(*o.expression, names, config.find("class")->mark(), "target: class", faults);
    t.text_ = *o.expression;
  } else if (o.status) {
    const auto found = std::find(status_names.begin(), status_names.end(), *o.status);
    if (found == status_names.end())
      faults.add(config.find("status")->mark(), fmt::format("target: unknown status '{}'{}", *o.status, suggestion(*o.status, {status_names.begin(), status_names.end()})));
    else t.status_ = static_cast<Status>(found - status_names.begin());
    t.text_ = "status " + *o.status;
  } else {
    t.kind_ = Kind::columns;
    const Config& list = *config.find("columns");
    if (o.columns->empty()) faults.add(list.mark(), "target: columns: the list is empty: name a column whose number is to be learnt");
    for (std::size_t i = 0; i < o.columns->size(); ++i) {
      const std::string& name = (*o.columns)[i];
      const Mark mark = i < list.elements().size() ? list.elements()[i].mark() : list.mark();
      const auto found = std::find(names.begin(), names.end(), name);
      const bool twice = std::any_of(t.learnt_.begin(), t.learnt_.end(), [&](const LearntColumn& c) { return c.name == name; });
      if (found == names.end()) faults.add(mark, fmt::format("target: there is no column '{}'{}", name, suggestion(name, names)));
      else if (twice) faults.add(mark, fmt::format("target: columns: '{}' stands twice: remove one", name));
      if (found == names.end()) continue;
      t.places_.push_back(static_cast<std::size_t>(found - names.begin()));
      t.learnt_.push_back({name, columns[t.places_.back()].unit});
    }
    t.text_ = join(*o.columns);
  }
  if (faults.size() != before) return {};
  return t;
}

std::optional<float> Target::value(Status status, std::span<const double> row, std::size_t column) const {
  if (kind_ == Kind::status) return status == Status::skipped ? std::nullopt : std::optional(status == status_ ? 1.0f : 0.0f);
  if (status != Status::ok) return {};
  const double x = kind_ == Kind::expression ? (*expression_)(row) : row[places_[column]];
  if (std::isnan(x)) return {};
  if (kind_ == Kind::expression) return x != 0.0 ? 1.0f : 0.0f;
  return std::abs(x) <= largest_target ? std::optional(static_cast<float>(x)) : std::nullopt;
}

}  // namespace umbra
