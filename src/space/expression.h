#pragma once
// Expressions of the job file ("abs(mu) > 80 && m_h > 120"), by muParser.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/config.h"

namespace umbra {

/// One expression of named columns. Beside muParser's own: abs, min, max, exp, ln, log10, sqrt, pow, trigonometry, constants pi and e;
/// && || ! == and comparisons give 0 or 1. Copyable; one thread at a time.
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
