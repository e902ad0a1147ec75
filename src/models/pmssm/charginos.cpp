#include "src/models/pmssm/charginos.h"

#include <cmath>

#include "src/models/pmssm/constants.h"

namespace umbra::pmssm {

Charginos charginos(const Parameters& p) {
  const double cb = 1 / std::sqrt(1 + p.tanb * p.tanb), sb = p.tanb * cb;
  const double root2_mw = std::sqrt(2 * (1 - sin2_theta_w)) * m_z;
  const double a = p.M2, b = root2_mw * sb, c = root2_mw * cb, d = p.mu;
  // Singular values of [[a, b], [c, d]] by two rotations: no squares, so that a light chargino keeps its digits.
  const double minus = std::atan2(c + b, a - d), plus = std::atan2(c - b, a + d);
  const double u = 0.5 * (minus + plus), v = 0.5 * (minus - plus);
  const double heavy = 0.5 * (std::hypot(a + d, c - b) + std::hypot(a - d, c + b));
  const double det = a * d - b * c;
  const double sign = det < 0 ? -1.0 : 1.0;
  Charginos x;
  x.mass = {std::abs(det) / heavy, heavy};
  x.U = {{{-std::sin(u), std::cos(u)}, {std::cos(u), std::sin(u)}}};
  x.V = {{{-sign * std::sin(v), sign * std::cos(v)}, {std::cos(v), std::sin(v)}}};
  return x;
}

}  // namespace umbra::pmssm
