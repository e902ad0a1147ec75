#pragma once
// From the running soft masses of sfermions at M_SUSY to those that give pole masses at one loop.

#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// What is added to the squared soft masses, GeV^2.
struct SoftMassShifts {
  double L1, L3, E1, E3, Q1, Q3, U1, U3, D1, D3;
};

/// One-loop self-energies without electroweak mixing: gauge bosons and gauginos of all three groups (hep-ph/9606211, section 4, with the
/// Casimir of each), the hypercharge D-terms of all scalars, and the Yukawa couplings of the third generation with Higgs bosons and higgsinos.
SoftMassShifts soft_mass_shifts(const Parameters& p, const ThirdGeneration& third);

/// p with the soft masses shifted; the square root of a negative square comes out negative.
Parameters with_pole_sfermions(const Parameters& p, const SoftMassShifts& shifts);

}  // namespace umbra::pmssm
