#pragma once
// A text with {{ name }}, {{ expression }} and {{ expression | %12.5E }} in it.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/config.h"
#include "src/space/expression.h"

namespace umbra {

/// One thread at a time.
class TextTemplate {
 public:
  TextTemplate() = default;
  /// Adds faults, at `mark`, for a bracket without an end, an expression that does not parse or uses other names than `variables`, and a
  /// format that is not one of C's %[flags][width][.precision] with d, e, E, f, g or G (and no other conversion).
  TextTemplate(std::string_view text, const std::vector<std::string>& variables, Mark mark, const std::string& where, Faults& faults);

  /// @param values parallel to `variables`. Without a format a number is written in the shortest form that reads back the same.
  std::string render(std::span<const double> values) const;
  /// Indices of the variables that it uses.
  std::vector<std::size_t> used() const;

 private:
  struct Slot {
    std::string before;  ///< the text ahead of it
    long variable;       ///< its index, or -1 for an expression
    std::size_t expression;
    std::string format;
  };
  std::vector<Slot> slots_;
  std::vector<Expression> expressions_;
  std::string after_;
};

}  // namespace umbra
