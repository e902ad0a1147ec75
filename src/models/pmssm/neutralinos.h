#pragma once
// Neutralino masses and mixing at tree level (hep-ph/9709356, section 8.2).

#include <array>

#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// Real mixing: N M N^T is diagonal with signed masses, ascending in absolute value.
struct Neutralinos {
  std::array<double, 4> mass;              ///< GeV, signed
  std::array<std::array<double, 4>, 4> N;  ///< [neutralino][bino, wino, higgsino_d, higgsino_u]
};

Neutralinos neutralinos(const Parameters& p);

}  // namespace umbra::pmssm
