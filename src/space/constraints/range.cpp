#include <algorithm>
#include <cmath>
#include <limits>

#include "src/space/constraints/base.h"
#include "src/space/normal.h"

namespace umbra {
namespace {

// The smeared range is the box folded with a normal distribution: ln(Phi((high - x) / s) - Phi((low - x) / s)).
class RangeConstraint : public ColumnConstraint {
 public:
  struct Options : ColumnOptions {
    Range value;
    std::string smear = "0", theory = "0";
  };
  static OptionSet<Options> options() {
    return column_options<Options>()
        .add("value", &Options::value, "lower and upper end of what is allowed", required())
        .add("smear", &Options::smear, "width of the edges, sharp if 0: a number, column or expression")
        .add("theory", &Options::theory, "error of the prediction, added in quadrature to smear: a number, column or expression");
  }

  RangeConstraint(const Options& o, const ConstraintContext& context) : RangeConstraint(o, ConstraintReader(context)) {}

 private:
  RangeConstraint(const Options& o, ConstraintReader reader)
      : ColumnConstraint(o, o.column, reader),
        range_(o.value),
        error_(reader.error(o.smear, o.theory, false, "smear")),
        sharp_(error_.constant() == 0.0) {
    reader.finish();
  }

  double at(double x, std::span<const double> values) const override {
    if (std::isnan(x)) return x;
    if (sharp_) return x >= range_.low && x <= range_.high ? 0.0 : -std::numeric_limits<double>::infinity();
    const double width = error_(values);
    if (std::isnan(width)) return width;
    if (std::isinf(x)) return -std::numeric_limits<double>::infinity();
    // Distances inwards, in widths. Beyond an edge both tails are small: their logarithms subtract without loss.
    const double to_low = (x - range_.low) / width, to_high = (range_.high - x) / width;
    const double nearer = std::min(to_low, to_high), farther = std::max(to_low, to_high);
    if (nearer > 0) return std::log1p(-normal_cdf(-nearer) - normal_cdf(-farther));
    const double near = log_normal_cdf(nearer);
    return near + std::log1p(-std::exp(log_normal_cdf(-farther) - near));
  }

  Range range_;
  Error error_;
  bool sharp_;
};

[[maybe_unused]] const bool added =
    ConstraintRegistry::instance().add<RangeConstraint>("range", "Allowed between two values, with sharp or smeared edges");

}  // namespace
}  // namespace umbra
