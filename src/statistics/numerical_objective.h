#pragma once
// A function of which only values, or values and gradients, are known, as an Objective: what is missing comes from differences.

#include <Eigen/Dense>
#include <functional>
#include <vector>

#include "src/statistics/objective.h"

namespace umbra {

/// Where derivatives may be looked for, and on which scale.
struct NumericalScale {
  double low, high;  ///< the function is defined between them
  double step;       ///< over which it changes by about 1/2 from its minimum (the uncertainty of a parameter of -ln L); above 0
};

/// Gradients by central differences over 1e-3 scales (one-sided at the ends of the domain), Hessians over 0.05 scales of values or 1e-3 of gradients. The
/// scale of a parameter is its step until the curvature is known, then that of the curvature. Cost where only values are known, for n free parameters:
/// 2 n evaluations a gradient, n (n + 1) + 1 a Hessian, each made when it is first asked for. For a few dozen parameters.
class NumericalObjective final : public Objective {
 public:
  /// Returns the value; fills the gradient [dim] where it is not empty.
  using Function = std::function<double(std::span<const double> x, std::span<double> gradient)>;

  NumericalObjective(std::vector<NumericalScale> scales, bool has_gradient, Function function);

  /// A new fit, in which only these parameters vary [dim, 0 or 1], with this domain of one of them. Nothing is left of earlier fits.
  void begin(std::span<const unsigned char> varied);
  void set_domain(std::size_t parameter, double low, double high);

  std::size_t dim() const override { return scales_.size(); }
  double evaluate(std::span<const double> x) override;
  std::span<const double> gradient() const override;
  void hessian_times(std::span<const double> v, std::span<double> out) override;
  void factorise(std::span<const unsigned char> free) override;
  void precondition(std::span<const double> r, std::span<double> out) override;
  double longest_step(std::span<const double>) const override { return 1.0; }

 private:
  double value_at(std::span<const double> x) const { return function_(x, {}); }
  double slope(std::size_t i) const;
  void find_hessian();
  void hessian_of_values(std::vector<double>& centre);
  void hessian_of_gradients(std::vector<double>& centre);

  std::vector<NumericalScale> scales_;
  bool has_gradient_;
  Function function_;
  std::vector<unsigned char> varied_;
  std::vector<double> x_, width_;
  double value_ = 0.0;
  mutable std::vector<double> gradient_, moved_;
  mutable bool gradient_known_ = false;
  bool hessian_known_ = false;
  Eigen::MatrixXd hessian_, inverse_;  ///< [dim x dim]; inverse_ of a positive definite matrix near the Hessian, on the free parameters
};

}  // namespace umbra
