#pragma once
// A smooth function with bounds to be minimised, as the minimiser sees it.

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace umbra {

class Objective {
 public:
  virtual ~Objective() = default;

  virtual std::size_t dim() const = 0;
  /// The value at x [dim]; +inf or NaN where it is not defined. What follows speaks of this x.
  virtual double evaluate(std::span<const double> x) = 0;
  virtual std::span<const double> gradient() const = 0;
  /// How far rounding may have taken `value`, the last one.
  virtual double rounding(double value) const { return 4 * std::numeric_limits<double>::epsilon() * std::abs(value); }
  /// out = H v with the exact second derivatives [dim].
  virtual void hessian_times(std::span<const double> v, std::span<double> out) = 0;
  /// Prepares precondition() for the parameters that are free [dim, 0 or 1].
  virtual void factorise(std::span<const unsigned char> free) = 0;
  /// out = M^-1 r on the free parameters, 0 elsewhere; M is positive definite and close to the Hessian.
  virtual void precondition(std::span<const double> r, std::span<double> out) = 0;
  /// The largest part of a step, at most 1, that keeps clear of places where the function is not what its derivatives promise.
  virtual double longest_step(std::span<const double> step) const = 0;
};

}  // namespace umbra
