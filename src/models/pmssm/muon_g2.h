#pragma once
// The anomalous magnetic moment of the muon (hep-ph/0103067, Martin and Wells).

#include "src/models/pmssm/charginos.h"
#include "src/models/pmssm/neutralinos.h"
#include "src/models/pmssm/parameters.h"
#include "src/models/pmssm/sfermions.h"

namespace umbra::pmssm {

struct MuonG2 {
  double one_loop;  ///< neutralinos with smuons and charginos with the sneutrino, at one loop
  double total;     ///< with the muon's Yukawa coupling resummed (arXiv:0808.1530) and the logarithm of QED, 1 - 4 alpha/pi ln(M_SUSY/m_mu)
                    ///< (hep-ph/9803384)
};

/// Smuons, with mixing. All of p is at one loop (gauginos.h, soft_masses.h).
Sfermions smuons(const Parameters& p);

/// @param sneutrino2 squared mass, GeV^2. No tachyons.
MuonG2 muon_g2(const Parameters& p, const Neutralinos& n, const Charginos& c, const Sfermions& smuons, double sneutrino2);

}  // namespace umbra::pmssm
