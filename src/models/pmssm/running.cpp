#include "src/models/pmssm/running.h"

#include <algorithm>
#include <cmath>

#include "src/models/pmssm/constants.h"

namespace umbra::pmssm {

double alpha_s(double q) {
  double a = alpha_s_mz / (1 + alpha_s_mz * 23 / (6 * pi) * std::log(std::min(q, m_top) / m_z));
  if (q > m_top) a /= 1 + a * 21 / (6 * pi) * std::log(q / m_top);
  return a;
}

double top_mass(double q) {
  static const double a = alpha_s(m_top);
  // The pole mass to MS-bar at two loops (doi:10.1007/BF01549698).
  static const double at_pole = m_top / (1 + 4 * a / (3 * pi) + 10.9 * (a / pi) * (a / pi));
  const double yukawa = at_pole * at_pole / (v_higgs * v_higgs) / (4 * pi);
  return at_pole / (1 + (a / pi - 3 * yukawa / (16 * pi)) * std::log(q * q / (m_top * m_top)));
}

double bottom_mass(double q) {
  static const double a = alpha_s(m_z);
  return m_bottom_at_mz * std::pow(alpha_s(q) / a, 12.0 / 23.0);
}

}  // namespace umbra::pmssm
