#pragma once
// B -> X_s gamma at leading order with charged Higgs and chargino loops, tan beta enhanced terms resummed.

#include "src/models/pmssm/charginos.h"
#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

struct BsGamma {
  double branching_ratio;  ///< for E_gamma > 1.6 GeV
  double resummation;      ///< 1 + epsilon_b tan beta, which divides; near zero nothing is to be trusted
};

/// Wilson coefficients: hep-ph/9806308; epsilon: hep-ph/0009337.
/// Standard Model value 3.36e-4 and the dependence on new physics at the matching scale, -8.22 dC7 - 1.99 dC8: arXiv:1503.01789.
BsGamma bs_gamma(const Parameters& p, const Charginos& c, const ThirdGeneration& third);

}  // namespace umbra::pmssm
