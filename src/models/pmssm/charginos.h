#pragma once
// Chargino masses and mixing at tree level (hep-ph/9709356, section 8.2).

#include <array>

#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// U X V^T = diag(mass), masses positive and ascending; real, the signs are in V.
struct Charginos {
  std::array<double, 2> mass;              ///< GeV
  std::array<std::array<double, 2>, 2> U;  ///< [chargino][wino-, higgsino-]
  std::array<std::array<double, 2>, 2> V;  ///< [chargino][wino+, higgsino+]
};

Charginos charginos(const Parameters& p);

}  // namespace umbra::pmssm
