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

/// A number that is learnt.
struct LearntColumn {
  std::string name, unit;
};

/// Reads the job file's `target`: {class: EXPRESSION of columns}, {status: NAME}, or {columns: [NAME, ...]}.
class Target {
 public:
  /// @param columns of a point's row. Usable only where no fault was added.
  static std::optional<Target> read(const Config& config, const std::vector<Column>& columns, Faults& faults);

  bool classes() const { return kind_ != Kind::columns; }
  /// "log_likelihood > -4", "status ok", "delta_a_mu, m_h".
  const std::string& text() const { return text_; }
  const std::vector<LearntColumn>& columns() const { return learnt_; }  ///< none for a class
  /// 0 or 1 for a class, a number for a column; nothing where the outcome does not say (a failed point has no observables) or the number is beyond largest_target.
  /// @param column of columns(); 0 for a class
  std::optional<float> value(Status status, std::span<const double> row, std::size_t column = 0) const;

 private:
  enum class Kind { expression, status, columns };
  Target() = default;

  Kind kind_ = Kind::status;
  std::optional<Expression> expression_;
  Status status_ = Status::ok;
  std::vector<LearntColumn> learnt_;
  std::vector<std::size_t> places_;  ///< of learnt_ in a row
  std::string text_;
};

}  // namespace umbra
