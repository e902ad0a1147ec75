#include "src/models/pmssm/sfermions.h"

#include <cmath>

#include "src/models/pmssm/constants.h"

namespace umbra::pmssm {
namespace {

double d_term(double tanb) { return m_z * m_z * (1 - tanb * tanb) / (1 + tanb * tanb); }

}  // namespace

Sfermions sfermions(double soft_left, double soft_right, double fermion, double x, Charges charges, double tanb) {
  Sfermions s;
  s.left2 = left2(soft_left, charges, tanb) + fermion * fermion;
  s.right2 = right2(soft_right, charges, tanb) + fermion * fermion;
  s.mixing2 = fermion * x;
  const double half = 0.5 * (s.left2 - s.right2);
  const double root = std::sqrt(half * half + s.mixing2 * s.mixing2);
  s.light2 = 0.5 * (s.left2 + s.right2) - root;
  s.heavy2 = 0.5 * (s.left2 + s.right2) + root;
  const double theta = 0.5 * std::atan2(-2 * s.mixing2, s.right2 - s.left2);
  s.cos_theta = std::cos(theta);
  s.sin_theta = std::sin(theta);
  return s;
}

double left2(double soft, Charges charges, double tanb) { return soft * std::abs(soft) + (charges.t3 - charges.q * sin2_theta_w) * d_term(tanb); }

double right2(double soft, Charges charges, double tanb) { return soft * std::abs(soft) + charges.q * sin2_theta_w * d_term(tanb); }

}  // namespace umbra::pmssm
