#include <cmath>
#include <limits>

#include "src/space/constraints/base.h"

namespace umbra {
namespace {

struct RequireOptions : ConstraintOptions {
  std::string expression;
};

class Require : public ColumnConstraint {
 public:
  using Options = RequireOptions;
  static OptionSet<Options> options() {
    return constraint_options<Options>().add("expression", &Options::expression, "what must hold: an expression of columns", required());
  }

  Require(const Options& o, const ConstraintContext& context) : Require(o, ConstraintReader(context)) {}

 private:
  Require(const Options& o, ConstraintReader reader) : ColumnConstraint(o, o.expression, reader, "expression") { reader.finish(); }

  double at(double truth, std::span<const double>) const override {
    if (std::isnan(truth)) return truth;
    return truth != 0 ? 0.0 : -std::numeric_limits<double>::infinity();
  }
};

[[maybe_unused]] const bool added = ConstraintRegistry::instance().add<Require>("require", "A condition: 0 where it holds, excluded where not");

}  // namespace
}  // namespace umbra
