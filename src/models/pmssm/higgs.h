#pragma once
// Neutral CP-even Higgs bosons: the one-loop matrix of Ellis, Ridolfi and Zwirner (doi:10.1016/0370-2693(91)90863-L) with the renormalisation-group
// improvement of hep-ph/9609331: mixing terms at the SUSY scale, logarithms with the top mass at the geometric mean of m_t and M_SUSY.

#include <optional>

#include "src/models/pmssm/parameters.h"
#include "src/models/pmssm/sfermions.h"

namespace umbra::pmssm {

/// The third generation of squarks with running quark masses at M_SUSY.
struct ThirdGeneration {
  double m_susy;           ///< sqrt(mQ3 mU3), GeV
  double top;              ///< GeV
  double bottom;           ///< GeV, without Delta_b
  double delta_b;          ///< m_b = bottom / (1 + delta_b), resummed (hep-ph/9912516)
  double x_top, x_bottom;  ///< A - mu / tan beta, A - mu tan beta, GeV
  Sfermions stops;
  Sfermions sbottoms;

  static constexpr double min_bottom_factor = 0.2;  ///< 1 + delta_b is not taken below this
  double corrected_bottom() const;                  ///< GeV
};
ThirdGeneration third_generation(const Parameters& p);

struct Higgs {
  double h, H;   ///< masses, GeV; h without the empirical shift below
  double alpha;  ///< h = -sin(alpha) H_d + cos(alpha) H_u
};
/// Nothing where a squared mass is negative. The third generation must have no tachyon.
std::optional<Higgs> higgs(const Parameters& p, const ThirdGeneration& third);

/// Median of h above SOFTSUSY 4.1.22 (hep-ph/0104145) on 249 points with |X_t| < 2 M_SUSY, GeV; the standard deviation is 1.5.
inline constexpr double higgs_shift = 1.5;

}  // namespace umbra::pmssm
