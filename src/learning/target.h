#pragma once
// What is learnt of a point.

#include <optional>
#include <string>
#include <vector>

#include "src/base/column.h"
#include "src/base/config.h"
#include "src/base/task.h"
#include "src/space/expression.h"

namespace umbra {

/// Numbers beyond it, as infinite ones, are not learnt: committees compute with squares in single precision.
inline constexpr double largest_target = 1e15;

/// Reads the job file's `target`: {class: EXPRESSION of columns}, {status: NAME}, or {columns: [NAME]}.
class Target {
 public:
  /// @param columns of a point's row. Usable only where no fault was added.
  static std::optional<Target> read(const Config& config, const std::vector<Column>& columns, Faults& faults);

  bool classes() const { return kind_ != Kind::column; }
  /// "log_likelihood > -4", "status ok", "delta_a_mu".
  const std::string& text() const { return text_; }
  const std::string& unit() const { return unit_; }  ///< of a column
  /// 0 or 1 for a class, a number for a column; nothing where the outcome does not say (a failed point has no observables) or the number is beyond largest_target.
  std::optional<float> value(Status status, std::span<const double> row) const;

 private:
  enum class Kind { expression, status, column };
  Target() = default;

  Kind kind_ = Kind::status;
  std::optional<Expression> expression_;
  Status status_ = Status::ok;
  std::size_t column_ = 0;
  std::string text_, unit_;
};

}  // namespace umbra
