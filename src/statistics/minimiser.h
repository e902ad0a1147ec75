#pragma once
// Minimum of a smooth function within bounds by Newton's method with exact second derivatives: each step minimises the quadratic model by
// preconditioned conjugate gradients (truncated: Steihaug, doi:10.1137/0720042), with variables that meet a bound held there, and is kept by
// a line search. Quadratic convergence; the work of a step is a few products with the Hessian.

#include <string_view>
#include <vector>

#include "src/statistics/objective.h"

namespace umbra {

/// How a fit ended. Numbers are in result files: never renumber.
enum class FitStatus : int {
  converged = 0,
  at_floor = 1,         ///< converged where a rate is held positive by the rule of the likelihood
  iteration_limit = 2,  ///< not resolved
  no_descent = 3,       ///< not resolved: no step lowers the function, and the gradient says one should
  not_finite = 4,       ///< not resolved: the function is not finite at the start
  crashed = 5,          ///< not resolved: a user's code ended its process
  timeout = 6,          ///< not resolved: a user's code took longer than it may
};
constexpr bool resolved(FitStatus s) { return s == FitStatus::converged || s == FitStatus::at_floor; }
std::string_view name(FitStatus s);

struct FitOptions {
  double tolerance = 1e-9;  ///< on the estimated distance of the value to its minimum
  int max_evaluations = 100;
};

struct FitResult {
  std::vector<double> x;
  double value = 0.0;
  FitStatus status = FitStatus::not_finite;
  double projected_gradient = 0.0;  ///< largest component that points into the box
  double distance = 0.0;            ///< estimated value - minimum, from the last quadratic model
  int evaluations = 0;              ///< of value and gradient, retries included
  int retries = 0;
};

/// Reusable work space for functions of one dimension. No allocation after the first use.
class Minimiser {
 public:
  explicit Minimiser(std::size_t dim);

  /// Starts at result.x (moved into the box) and leaves the outcome in `result`. A parameter with low == high is fixed.
  void minimise(Objective& f, std::span<const double> low, std::span<const double> high, const FitOptions& options, FitResult& result);

 private:
  double solve_model(Objective& f, std::span<const double> low, std::span<const double> high, const std::vector<double>& x);
  bool solve_subspace(Objective& f);

  std::size_t dim_;
  std::vector<double> gradient_, trial_, step_, hessian_step_, residual_, preconditioned_, direction_, hessian_direction_;
  std::vector<unsigned char> free_;
};

}  // namespace umbra
