#include <algorithm>

#include "src/base/error.h"
#include "src/space/expression.h"
#include "src/space/parameter_block.h"
#include "src/space/raise.h"

namespace umbra {
namespace {

class Derived : public ParameterBlock {
 public:
  struct Options {
    std::string expression;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("expression", &Options::expression, "an expression of earlier parameters", required());
  }

  Derived(const Options& o, const BlockContext& context)
      : column_(context.column), expression_(parse(o.expression, context)), place_(context.earlier.size()) {
    for (std::size_t i : expression_.used())
      VALIDATE(i < place_, "'{}' uses {} (parameters are computed in the order of the list), {}", o.expression,
               context.all[i] == column_.name ? "itself" : "'" + context.all[i] + "', which comes later",
               context.all[i] == column_.name ? "use others" : "move that one up");
  }
  std::unique_ptr<ParameterBlock> clone() const override { return std::make_unique<Derived>(*this); }
  std::vector<Column> columns() const override { return {column_}; }
  void to_physical(std::span<const double>, std::span<double> theta) const override { theta[place_] = expression_(theta); }

 private:
  static Expression parse(const std::string& text, const BlockContext& context) {
    Faults faults;
    Expression e(text, context.all, {}, "expression", faults);
    raise(faults);
    return e;
  }

  Column column_;
  Expression expression_;
  std::size_t place_;
};

[[maybe_unused]] const bool added = BlockRegistry::instance().add<Derived>("derived", "Computed from earlier parameters");

}  // namespace
}  // namespace umbra
