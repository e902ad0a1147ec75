#pragma once
// One-loop strong corrections to the gluino and to the squarks of the first two generations (hep-ph/9606211).

#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// Pole mass of the gluino, GeV (hep-ph/9606211, eq. 20; massless quarks).
double gluino_mass(const Parameters& p);

/// @param tree GeV, at M_SUSY  @param m_susy GeV  @return pole mass, GeV (hep-ph/9606211, eq. 33). Where the correction would take nearly
/// all of the squared mass, a twentieth of it stays: no such point is to be trusted.
double squark_mass(double tree, const Parameters& p, double m_susy);

}  // namespace umbra::pmssm
