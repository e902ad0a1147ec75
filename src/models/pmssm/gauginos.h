#pragma once
// From the running gaugino and higgsino masses at M_SUSY to those that give pole masses at one loop (hep-ph/9606211).

#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// p with M1, M2 and mu shifted by the leading self-energies: gauge, Higgs and matter loops without mixing (hep-ph/9606211, section 4).
/// Diagonalised at tree level they give neutralinos and charginos within about 0.2 % of a full one-loop spectrum.
Parameters with_pole_gauginos(const Parameters& p, const ThirdGeneration& third);

/// Pole mass of the gluino, GeV (hep-ph/9606211, section 4; massless quarks).
double gluino_mass(const Parameters& p);

}  // namespace umbra::pmssm
