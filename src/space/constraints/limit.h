#pragma once
// What upper and lower limits share; d is how far the quantity is beyond the limit.
//   step:        0 for d <= 0, else -inf
//   half_normal: 0 for d <= 0, else -z^2/2 with z = d / error
//   smeared:     the step folded with a normal distribution of width `smear` (and theory): ln(erfc(d / (sqrt(2) width)) / 2)

#include <string>
#include <utility>

#include "src/space/constraints/base.h"

namespace umbra {

class Limit : public ColumnConstraint {
 public:
  struct Options : ColumnOptions {
    std::string value, shape = "step", sigma = "0", theory = "0", smear = "0";
  };
  static OptionSet<Options> options();

 protected:
  enum class Side { upper, lower };
  Limit(const Options& o, const ConstraintContext& context, Side side) : Limit(o, ConstraintReader(context), side) {}

 private:
  enum class Shape { step, half_normal, smeared };
  Limit(const Options& o, ConstraintReader reader, Side side);

  double at(double x, std::span<const double> values) const override;

  Side side_;
  Shape shape_;
  Quantity value_;
  Error error_;
};

}  // namespace umbra
