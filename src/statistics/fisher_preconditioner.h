#pragma once
// The matrix M = D + J^T W J that stands in for the Hessian of a binned likelihood: J are the derivatives of the rates, W the weights of the
// bins, D a diagonal of constraints. Nuisance parameters outnumber bins or touch one bin only, so M is never built: parameters that touch
// one bin are eliminated bin by bin, and what remains is solved in the space of bins or of parameters, whichever is smaller (Woodbury).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/statistics/histfactory.h"

namespace umbra {

class FisherPreconditioner {
 public:
  FisherPreconditioner(const RateTable& table, std::size_t num_parameters);
  ~FisherPreconditioner();

  // Filling of J.
  void clear();
  /// Where the derivatives by a parameter go, indexed by bin: [bins] (one that touches a single bin may only be written there).
  double* column(std::size_t parameter) { return base_[parameter]; }
  void add(std::size_t parameter, std::size_t bin, double value) { base_[parameter][bin] += value; }

  /// out += J^T w
  void add_transposed_product(std::span<const double> w, std::span<double> out) const;
  /// out = J v
  void product(std::span<const double> v, std::span<double> out) const;

  /// @param free [parameters]; rate and curvature [bins] of -ln Pois; constraint, diagonal [parameters] second derivatives without and
  /// with those of the interpolations. Cost: the smaller of bins and parameters, squared, times the larger.
  void factorise(std::span<const unsigned char> free, std::span<const double> rate, std::span<const double> curvature,
                 std::span<const double> constraint, std::span<const double> diagonal);
  /// out = M^-1 r on the free parameters, 0 elsewhere.
  void solve(std::span<const double> r, std::span<double> out);

 private:
  struct Dense;

  std::size_t num_parameters_, num_bins_;
  bool in_bins_;                                  ///< the dense system is [bins x bins], else [wide x wide]
  std::vector<std::uint32_t> wide_;               ///< parameters that touch several bins
  std::vector<std::uint32_t> local_, local_bin_;  ///< those that touch one bin, and which
  std::vector<double> jacobian_;                  ///< [wide x bins]
  std::vector<double> local_jacobian_;            ///< [local]
  std::vector<double*> base_;                     ///< [parameters] start of a column such that base[bin] is its element
  std::vector<double> inverse_;                   ///< [parameters] 1 / D, 0 where not free
  std::vector<double> weight_;                    ///< [bins] W; where the dense system is one of parameters, after elimination of the local ones
  std::vector<double> work_;                      ///< [bins]
  std::unique_ptr<Dense> dense_;
};

}  // namespace umbra
