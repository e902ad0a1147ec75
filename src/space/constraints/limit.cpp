#include "src/space/constraints/limit.h"

#include <cmath>
#include <limits>

#include "src/space/normal.h"

namespace umbra {

OptionSet<Limit::Options> Limit::options() {
  return column_options<Options>()
      .add("value", &Options::value, "the limit: a number, column or expression", required())
      .add("shape", &Options::shape, "what lies beyond the limit: nothing, half a normal distribution, or a smeared edge",
           one_of({"step", "half_normal", "smeared"}))
      .add("sigma", &Options::sigma, "error of the limit, for half_normal: a number, column or expression")
      .add("theory", &Options::theory, "error of the prediction, added in quadrature to sigma or smear: a number, column or expression")
      .add("smear", &Options::smear, "width of the edge, for smeared: a number, column or expression");
}

Limit::Limit(const Options& o, ConstraintReader reader, Side side)
    : ColumnConstraint(o, o.column, reader),
      side_(side),
      shape_(o.shape == "step"          ? Shape::step
             : o.shape == "half_normal" ? Shape::half_normal
                                        : Shape::smeared),
      value_(reader.quantity(o.value, "value")),
      error_(
          reader.error(shape_ == Shape::smeared ? o.smear : o.sigma, o.theory, shape_ != Shape::step, shape_ == Shape::smeared ? "smear" : "sigma")) {
  const bool has_sigma = o.sigma != "0", has_smear = o.smear != "0", has_theory = o.theory != "0";
  reader.check(shape_ != Shape::step || !(has_sigma || has_smear || has_theory),
               "a step has no errors, say shape: half_normal (with sigma) or shape: smeared (with smear)");
  reader.check(shape_ != Shape::half_normal || !has_smear, "half_normal does not use 'smear', give 'sigma' or say shape: smeared");
  reader.check(shape_ != Shape::smeared || !has_sigma, "smeared does not use 'sigma', give 'smear' or say shape: half_normal");
  reader.finish();
}

double Limit::at(double x, std::span<const double> values) const {
  const double limit = value_(values);
  const double beyond = side_ == Side::upper ? x - limit : limit - x;
  if (std::isnan(beyond)) return beyond;
  if (shape_ == Shape::step) return beyond > 0 ? -std::numeric_limits<double>::infinity() : 0.0;
  const double z = beyond / error_(values);
  if (shape_ == Shape::smeared || std::isnan(z)) return log_normal_cdf(-z);
  return z > 0 ? -0.5 * z * z : 0.0;
}

}  // namespace umbra
