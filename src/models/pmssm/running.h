#pragma once
// Running couplings and quark masses.

#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// One-loop running from m_Z, 5 flavours below the top mass and 6 above (doi:10.1103/PhysRevD.98.030001, review of QCD). @param q GeV
double alpha_s(double q);
/// DR-bar coupling of the full theory at q, superpartners and the change of scheme included (hep-ph/9606211, section 2).
double alpha_s_full(const Parameters& p, double q);
/// MS-bar top mass of the Standard Model, leading QCD and Yukawa logarithm resummed (hep-ph/9609331). GeV
double top_mass(double q);
/// MS-bar bottom mass, one-loop QCD with 5 flavours. GeV
double bottom_mass(double q);

}  // namespace umbra::pmssm
