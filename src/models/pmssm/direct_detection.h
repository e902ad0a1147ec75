#pragma once
// Spin-independent scattering of the lightest neutralino off a proton.

#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/neutralinos.h"
#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// Tree level: exchange of h, H and squarks, heavy quarks through the trace anomaly (hep-ph/0001005, section 2; doi:10.1016/0370-2693(78)90481-1).
/// @return cross section at zero momentum transfer, cm^2. Its meaning needs a neutralino that is the lightest superpartner.
double sigma_si(const Parameters& p, const Neutralinos& n, const Higgs& higgs, const ThirdGeneration& third);

}  // namespace umbra::pmssm
