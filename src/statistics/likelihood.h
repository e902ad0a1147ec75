#pragma once
// -ln L of a HistFactory model for one data set, with its gradient and exact second derivatives.
//
// Rates stay positive by one rule: a bin's rate lambda below its floor is replaced by floor x exp(lambda / floor - 1), which joins in value and
// slope. The floor is 1e-3 of the bin's rate at the initial parameters, with the signal or without, whichever is less (at least 1e-6 of that
// with the signal): low enough to change nothing where a rate means something, high enough that fits which end there converge. A data set whose
// fit does is flagged (at_floor).
//
// One per thread. No allocation after construction. Cost of an evaluation with its gradient: one pass over the normsys and histosys entries
// and one back; of a product with the Hessian: the same without the interpolation.

#include <cstdint>
#include <memory>
#include <vector>

#include "src/statistics/histfactory.h"
#include "src/statistics/objective.h"

namespace umbra {

class FisherPreconditioner;

class Likelihood final : public Objective {
 public:
  explicit Likelihood(const HistFactory& model);
  ~Likelihood() override;

  /// Main and auxiliary data [model.data_size()]. Any non-negative main data: an Asimov data set is not whole.
  void set_data(std::span<const double> data);

  std::size_t dim() const override { return num_parameters_; }
  /// -ln L with all constants.
  double evaluate(std::span<const double> x) override;
  std::span<const double> gradient() const override { return gradient_; }
  /// That of the value, and of every rate times what -ln L changes with it.
  double rounding(double value) const override;
  void hessian_times(std::span<const double> v, std::span<double> out) override;
  void factorise(std::span<const unsigned char> free) override;
  void precondition(std::span<const double> r, std::span<double> out) override;
  double longest_step(std::span<const double> step) const override;

  /// Expected events of each bin at the last x, before the rule above [num_bins].
  std::span<const double> rates() const { return rate_; }
  /// Whether a rate was below its floor at the last x.
  bool at_floor() const { return at_floor_; }
  /// -ln L of the model that has a parameter for each bin (rates = data) at nominal constraints: the reference of a goodness of fit.
  double saturated() const { return constant_; }
  /// Calls of evaluate so far.
  std::uint64_t evaluations() const { return evaluations_; }

 private:
  void fill_rates(std::span<const double> x);
  void fill_derivatives();

  const HistFactory& model_;
  const RateTable& table_;
  std::size_t num_parameters_, num_bins_;
  std::uint64_t evaluations_ = 0;
  bool at_floor_ = false;
  double constant_ = 0.0;  ///< of the data: -ln L of the saturated model
  double deviation_ = 0.0;  ///< sum of |expected - observed| over Poisson terms at the last x
  std::vector<double> data_, inverse_data_, floor_;
  // [parameters]; diagonal: second derivatives of constraints and of each interpolation
  std::vector<double> x_, gradient_, constraint_curvature_, diagonal_;
  // [bins]: lambda, and the first two derivatives of -ln Pois by lambda
  std::vector<double> rate_, slope_, curvature_;
  mutable std::vector<double> rate_direction_;
  // [rows]: product of normsys factors; its part that is an exponential; sum of slope x rate; work space
  std::vector<double> row_factor_, row_exponent_, row_weight_, row_direction_;
  // [cells]: lambda = factor x sum x linear, the parts, and products of two of them; work space
  std::vector<double> cell_rate_, cell_sum_, cell_linear_, factor_sum_, factor_linear_;
  std::vector<double> cell_direction_, shift_direction_, linear_direction_;
  // [entries] of the tables: factors and their logarithmic derivatives, slopes of shifts, products of all linear factors but one
  std::vector<double> norm_value_, norm_slope_, norm_curve_, shift_slope_, linear_slope_, linear_twist_;
  std::vector<double> shift_curve_;    ///< [interpolated]
  std::vector<double> linear_prefix_;  ///< [factors of a cell]
  std::unique_ptr<FisherPreconditioner> preconditioner_;
};

}  // namespace umbra
