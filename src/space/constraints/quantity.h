#pragma once
// A number of the job file that may depend on the point: "2.0", "m_h" or "0.1 * m_h".

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/space/constraint.h"
#include "src/space/expression.h"

namespace umbra {

class Quantity {
 public:
  /// @param what names it in faults ("sigma")
  Quantity(const std::string& text, const ConstraintContext& context, const std::string& what, Faults& faults);

  double operator()(std::span<const double> values) const {
    return expression_ ? (*expression_)(values) : column_ < values.size() ? values[column_] : constant_;
  }
  /// Its value where that depends on no column.
  std::optional<double> constant() const;
  /// Indices of the columns that it uses, ascending.
  std::vector<std::size_t> used() const;

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  double constant_ = 0.0;
  std::size_t column_ = none;
  std::optional<Expression> expression_;
};

}  // namespace umbra
