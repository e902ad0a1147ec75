#include <cmath>
#include <limits>
#include <numbers>

#include "src/space/constraints/base.h"

namespace umbra {
namespace {

class AsymmetricConstraint : public ColumnConstraint {
 public:
  struct Options : ColumnOptions {
    std::string value, theory = "0";
    std::vector<std::string> sigma;
    bool normalised = false;
  };
  static OptionSet<Options> options() {
    return column_options<Options>()
        .add("value", &Options::value, "what was measured: a number, column or expression", required())
        .add("sigma", &Options::sigma, "[downward, upward] error, both written without sign; the upward one holds for predictions above the value",
             required())
        .add("theory", &Options::theory, "error of the prediction, added in quadrature on both sides: a number, column or expression")
        .add("normalised", &Options::normalised, "whether to add the constant of the split normal distribution, for errors that depend on the point");
  }

  AsymmetricConstraint(const Options& o, const ConstraintContext& context) : AsymmetricConstraint(o, ConstraintReader(context)) {}

 private:
  AsymmetricConstraint(const Options& o, ConstraintReader reader)
      : ColumnConstraint(o, o.column, reader),
        value_(reader.quantity(o.value, "value")),
        down_(reader.error(o.sigma.size() == 2 ? o.sigma[0] : "1", o.theory, true)),
        up_(reader.error(o.sigma.size() == 2 ? o.sigma[1] : "1", o.theory, true)),
        normalised_(o.normalised) {
    reader.check(o.sigma.size() == 2, "'sigma' must be a list of two, [downward, upward]");
    reader.finish();
  }

  double at(double x, std::span<const double> values) const override {
    const double d = x - value_(values), down = down_(values), up = up_(values);
    if (std::isnan(down + up)) return std::numeric_limits<double>::quiet_NaN();
    const double z = d / (d > 0 ? up : down);
    return -0.5 * z * z - (normalised_ ? std::log(0.5 * (up + down)) + 0.5 * std::log(2.0 * std::numbers::pi) : 0.0);
  }

  Quantity value_;
  Error down_, up_;
  bool normalised_;
};

[[maybe_unused]] const bool added =
    ConstraintRegistry::instance().add<AsymmetricConstraint>("asymmetric", "A measurement with different errors downward and upward");

}  // namespace
}  // namespace umbra
