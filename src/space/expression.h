#pragma once
// Expressions of the job file ("abs(mu) > 80 && m_h > 120"), by muParser.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/config.h"

namespace umbra {

/// One expression of named columns: + - * / ^, comparisons, && || ! and ?:, abs, min, max, sqrt, pow, exp, ln, log10, sign, floor, ceil,
/// trigonometry, constants pi and e (unless a column has that name). Truth is 0 or 1.
/// A NaN among the columns that it uses gives NaN. A part that cannot be computed makes the whole NaN, unless the rest decides alone:
/// "m > 0 && sqrt(m) < 3" is 0 for m = -1. Copyable; one thread at a time. About 5 ns an operation.
class Expression {
 public:
  /// Adds a fault (with the nearest name for an unknown variable) where the text does not parse or uses other names than `variables`.
  Expression(const std::string& text, const std::vector<std::string>& variables, Mark mark, const std::string& where, Faults& faults);
  Expression(const Expression&);
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression);
  ~Expression();

  /// @param values parallel to `variables`. NaN where it cannot be computed.
  double operator()(std::span<const double> values) const;
  bool is_true(std::span<const double> values) const;  ///< neither 0 nor NaN
  const std::string& text() const;
  /// Indices of those variables that it uses, ascending.
  const std::vector<std::size_t>& used() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
