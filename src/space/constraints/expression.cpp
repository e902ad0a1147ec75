#include <limits>

#include "src/space/constraints/base.h"

namespace umbra {
namespace {

struct ExpressionOptions : ConstraintOptions {
  std::string expression;
};

class ExpressionConstraint : public ColumnConstraint {
 public:
  using Options = ExpressionOptions;
  static OptionSet<Options> options() {
    return constraint_options<Options>().add("expression", &Options::expression, "ln L itself: an expression of columns", required());
  }

  ExpressionConstraint(const Options& o, const ConstraintContext& context) : ExpressionConstraint(o, ConstraintReader(context)) {}

 private:
  ExpressionConstraint(const Options& o, ConstraintReader reader) : ColumnConstraint(o, o.expression, reader, "expression") { reader.finish(); }

  double at(double x, std::span<const double>) const override {
    // An infinite likelihood is no likelihood.
    return x == std::numeric_limits<double>::infinity() ? std::numeric_limits<double>::quiet_NaN() : x;
  }
};

[[maybe_unused]] const bool added =
    ConstraintRegistry::instance().add<ExpressionConstraint>("expression", "Any ln L that an expression of columns gives");

}  // namespace
}  // namespace umbra
