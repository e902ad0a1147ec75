#pragma once
// Sfermion masses and left-right mixing at tree level (hep-ph/9709356, section 8.4).

#include <array>

#include "src/models/pmssm/parameters.h"

namespace umbra::pmssm {

/// One pair of mass eigenstates: light = cos L + sin R, heavy = -sin L + cos R.
struct Sfermions {
  double light2, heavy2;  ///< squared masses, GeV^2; light2 <= 0 is a tachyon
  double cos_theta, sin_theta;
  double left2, right2, mixing2;  ///< the matrix that they come from, GeV^2
};

/// Third component of the weak isospin and electric charge.
struct Charges {
  double t3, q;
};
inline constexpr Charges neutrino_type = {0.5, 0.0};
inline constexpr Charges up_type = {0.5, 2.0 / 3.0}, down_type = {-0.5, -1.0 / 3.0}, lepton_type = {-0.5, -1.0};

/// @param soft_left, soft_right soft masses, GeV  @param fermion mass of the partner, GeV
/// @param x A - mu / tan beta for up types, A - mu tan beta for the others, GeV
Sfermions sfermions(double soft_left, double soft_right, double fermion, double x, Charges charges, double tanb);

/// Squared masses of left- and right-handed partners of massless fermions, GeV^2. A negative soft mass stands for a negative square.
double left2(double soft, Charges charges, double tanb);
double right2(double soft, Charges charges, double tanb);

}  // namespace umbra::pmssm
