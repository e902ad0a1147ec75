#pragma once
// Counting regions with uncertain backgrounds, as tables of search papers give them, made into a workspace.

#include <string>
#include <vector>

#include "src/statistics/workspace.h"

namespace umbra {

struct Region {
  std::string name;
  double observed = 0.0;
  double background = 0.0;
  double uncertainty = 0.0;         ///< of the background, absolute; 0 is none
  double signal = 0.0;              ///< at mu = 1
  double signal_uncertainty = 0.0;  ///< absolute; 0 is none
};

/// One channel of one bin a region, parameter of interest "mu", uncertainties independent of each other: a Poisson term of an auxiliary measurement
/// for the background (`poisson`: n_off = (b / uncertainty)^2) or a normal one, a normal one for the signal. Throws UserError for faults of a region.
Workspace make_regions(const std::vector<Region>& regions, ConstraintChoice background = ConstraintChoice::poisson);

}  // namespace umbra
