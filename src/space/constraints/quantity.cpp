#include "src/space/constraints/quantity.h"

#include <algorithm>
#include <cmath>

#include "src/base/text.h"
#include "src/space/names.h"

namespace umbra {

Quantity::Quantity(const std::string& text, const ConstraintContext& context, const std::string& what, Faults& faults) {
  std::vector<std::string> columns = context.columns;
  if (!context.complete) add_identifiers(text, columns);
  const auto found = std::find(columns.begin(), columns.end(), text);
  if (const auto number = parse_number(text)) {
    constant_ = *number;
    if (!std::isfinite(constant_)) faults.add({}, fmt::format("{}: '{}' is not finite (no likelihood could be computed), give a finite number", what, text));
  }
  else if (found != columns.end()) column_ = static_cast<std::size_t>(found - columns.begin());
  else expression_.emplace(text, columns, Mark{}, what, faults);
}

std::optional<double> Quantity::constant() const { return !expression_ && column_ == none ? std::optional(constant_) : std::nullopt; }

std::vector<std::size_t> Quantity::used() const {
  if (expression_) return expression_->used();
  return column_ == none ? std::vector<std::size_t>{} : std::vector<std::size_t>{column_};
}

}  // namespace umbra
