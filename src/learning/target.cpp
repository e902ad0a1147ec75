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
    o.add("columns", &Options::columns, "a column whose number is learnt; numbers beyond 1e15 in size teach nothing");
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
    t.kind_ = Kind::column;
    const Config& list = *config.find("columns");
    if (o.columns->size() != 1) {
      faults.add(list.mark(), fmt::format("target: columns: one column is learnt at a time, not {}: run a job for each (the points of one serve the others by start: {{from: RUN}})", o.columns->size()));
      return {};
    }
    t.text_ = o.columns->front();
    const auto found = std::find(names.begin(), names.end(), t.text_);
    if (found == names.end()) faults.add(list.mark(), fmt::format("target: there is no column '{}'{}", t.text_, suggestion(t.text_, names)));
    else t.column_ = static_cast<std::size_t>(found - names.begin()), t.unit_ = columns[t.column_].unit;
  }
  if (faults.size() != before) return {};
  return t;
}

std::optional<float> Target::value(Status status, std::span<const double> row) const {
  if (kind_ == Kind::status) return status == Status::skipped ? std::nullopt : std::optional(status == status_ ? 1.0f : 0.0f);
  if (status != Status::ok) return {};
  const double x = kind_ == Kind::expression ? (*expression_)(row) : row[column_];
  if (std::isnan(x)) return {};
  if (kind_ == Kind::expression) return x != 0.0 ? 1.0f : 0.0f;
  return std::abs(x) <= largest_target ? std::optional(static_cast<float>(x)) : std::nullopt;
}

}  // namespace umbra
