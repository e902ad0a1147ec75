#include <cmath>
#include <numbers>

#include "src/space/constraints/base.h"

namespace umbra {
namespace {

class NormalConstraint : public ColumnConstraint {
 public:
  struct Options : ColumnOptions {
    std::string value, sigma = "0", theory = "0";
    bool normalised = false;
  };
  static OptionSet<Options> options() {
    return column_options<Options>()
        .add("value", &Options::value, "what was measured: a number, column or expression", required())
        .add("sigma", &Options::sigma, "its error: a number, column or expression")
        .add("theory", &Options::theory, "error of the prediction, added in quadrature: a number, column or expression")
        .add("normalised", &Options::normalised, "whether to add -ln(sigma sqrt(2 pi)), for errors that depend on the point");
  }

  NormalConstraint(const Options& o, const ConstraintContext& context) : NormalConstraint(o, ConstraintReader(context)) {}

 private:
  NormalConstraint(const Options& o, ConstraintReader reader)
      : ColumnConstraint(o, o.column, reader),
        value_(reader.quantity(o.value, "value")),
        error_(reader.error(o.sigma, o.theory, true)),
        normalised_(o.normalised) {
    reader.finish();
  }

  double at(double x, std::span<const double> values) const override {
    const double error = error_(values);
    const double z = (x - value_(values)) / error;
    return -0.5 * z * z - (normalised_ ? std::log(error) + 0.5 * std::log(2.0 * std::numbers::pi) : 0.0);
  }

  Quantity value_;
  Error error_;
  bool normalised_;
};

[[maybe_unused]] const bool added = ConstraintRegistry::instance().add<NormalConstraint>("normal", "A measurement with a normal error: -z^2/2");

}  // namespace
}  // namespace umbra
