#include "src/space/constraints/quantity.h"

#include <algorithm>

#include "src/base/text.h"

namespace umbra {

Quantity::Quantity(const std::string& text, const ConstraintContext& context, const std::string& what, Faults& faults) {
  const auto found = std::find(context.columns.begin(), context.columns.end(), text);
  if (const auto number = parse_number(text)) constant_ = *number;
  else if (found != context.columns.end()) column_ = static_cast<std::size_t>(found - context.columns.begin());
  else expression_.emplace(text, context.columns, Mark{}, what, faults);
}

std::optional<double> Quantity::constant() const { return !expression_ && column_ == none ? std::optional(constant_) : std::nullopt; }

std::vector<std::size_t> Quantity::used() const {
  if (expression_) return expression_->used();
  return column_ == none ? std::vector<std::size_t>{} : std::vector<std::size_t>{column_};
}

}  // namespace umbra
