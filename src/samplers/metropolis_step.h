#pragma once
// One adaptive Metropolis proposal, shared by the samplers that walk by it.

#include <span>
#include <vector>

#include "src/base/random.h"

namespace umbra {

/// Adaptive Metropolis (Haario et al., doi:10.2307/3318737): the proposal is a normal of the covariance of the walker's own past, times a scale that
/// steers the acceptance to .234 (.44 in one dimension). Both change ever less, so that the chain's limit is right. It is kept in a plain
/// vector of numbers so that whoever uses it can save it: [ln scale, count, mean, covariance].
class MetropolisStep {
 public:
  static void begin(std::size_t dim, std::vector<double>& memory);
  /// x [dim] + a proposed step.
  static void propose(std::span<const double> memory, std::span<const double> x, RandomStream& stream, std::vector<double>& proposed);
  /// @param probability with which the step was accepted
  static void learn(std::vector<double>& memory, std::span<const double> x, double probability);
};

}  // namespace umbra
