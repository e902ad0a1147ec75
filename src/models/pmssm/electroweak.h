#pragma once
// Electroweak precision and naturalness from the third generation.

#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// Contribution of stops and sbottoms to the rho parameter at one loop (hep-ph/9612363).
double delta_rho(const ThirdGeneration& third);

/// Electroweak fine-tuning Delta_EW: the largest term of the minimisation condition, over m_Z^2 / 2 (arXiv:1212.2655, section 1 and appendix).
/// Radiative corrections: top, stops, sbottoms and staus, each one-loop at Q^2 = m_stop1 m_stop2; m_Hu^2 and m_Hd^2 follow from mu, M_A and tan beta.
double delta_ew(const Parameters& p, const ThirdGeneration& third);

}  // namespace umbra::pmssm
