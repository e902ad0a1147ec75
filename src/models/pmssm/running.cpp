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

double alpha_s_full(const Parameters& p, double q) {
  const double squarks = 4 * std::log(p.mQ1 / q) + 2 * std::log(p.mU1 / q) + 2 * std::log(p.mD1 / q) + 2 * std::log(p.mQ3 / q) + std::log(p.mU3 / q) +
                         std::log(p.mD3 / q);
  const double a = alpha_s(q);
  return a / (1 - a / (2 * pi) * (0.5 - 2 * std::log(std::abs(p.M3) / q) - squarks / 6));
}

double top_mass(double q) {
  static const double a = alpha_s(m_top);
  // The pole mass to MS-bar at two loops (hep-ph/9912391).
  static const double at_pole = m_top / (1 + 4 * a / (3 * pi) + 10.9 * (a / pi) * (a / pi));
  const double yukawa = at_pole * at_pole / (v_higgs * v_higgs) / (4 * pi);
  return at_pole / (1 + (a / pi - 3 * yukawa / (16 * pi)) * std::log(q * q / (m_top * m_top)));
}

double bottom_mass(double q) {
  static const double a = alpha_s(m_z);
  return m_bottom_at_mz * std::pow(alpha_s(q) / a, 12.0 / 23.0);
}

}  // namespace umbra::pmssm
