#pragma once
// Loop functions have removable singularities at x = 1, where their closed forms lose all digits.

#include <cmath>

namespace umbra::pmssm {

/// f, replaced within `width` of 1 by the straight line through its values at 1 - width and 1 + width.
class Smooth {
 public:
  Smooth(double (*f)(double), double width) : f_(f), width_(width), low_(f(1 - width)), high_(f(1 + width)) {}
  double operator()(double x) const {
    if (std::abs(x - 1) > width_) return f_(x);
    return (high_ * (x - 1 + width_) + low_ * (1 + width_ - x)) / (2 * width_);
  }

 private:
  double (*f_)(double);
  double width_, low_, high_;
};

}  // namespace umbra::pmssm
