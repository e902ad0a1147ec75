#include "src/models/pmssm/direct_detection.h"

#include <cmath>

#include "src/models/pmssm/constants.h"

namespace umbra::pmssm {

double sigma_si(const Parameters& p, const Neutralinos& n, const Higgs& higgs, const ThirdGeneration& third) {
  const double cb = 1 / std::sqrt(1 + p.tanb * p.tanb), sb = p.tanb * cb;
  const double ca = std::cos(higgs.alpha), sa = std::sin(higgs.alpha);
  const double g1 = std::sqrt(g1_squared), g2 = std::sqrt(g2_squared);
  const auto& N = n.N[0];
  const double mass = n.mass[0], mass2 = mass * mass;

  // Couplings of h and H to the neutralino, from the derivative of the neutralino mass by the fields.
  const double gaugino = g2 * N[1] - g1 * N[0];
  const double h_chi = -gaugino * (sa * N[2] + ca * N[3]) / (higgs.h * higgs.h);
  const double H_chi = gaugino * (ca * N[2] - sa * N[3]) / (higgs.H * higgs.H);

  // alpha_q / m_q of L = alpha_q (chi chi)(q q). The squark propagator stays a matrix, so that light quarks (m_q = 0 here) need no mixing
  // angles: its off-diagonal part m_q x is proportional to the quark's mass, which divides out.
  const auto effective = [&](Charges charges, double left2, double right2, double x, double quark) {
    const bool up = charges.t3 > 0;
    const double vev = v_higgs * (up ? sb : cb);
    const double exchange = (up ? ca * h_chi + sa * H_chi : -sa * h_chi + ca * H_chi) / (2 * std::sqrt(2.0) * vev);
    const double left = (charges.q - charges.t3) * g1 * N[0] + charges.t3 * g2 * N[1], right = -charges.q * g1 * N[0];
    const double yukawa = (up ? N[3] : N[2]) / (std::sqrt(2.0) * vev);  // over m_q
    const double ll = left2 - mass2, rr = right2 - mass2, det = ll * rr - quark * quark * x * x;
    return exchange - 0.5 * (yukawa * (left * rr + right * ll) - x * (left * right + quark * quark * yukawa * yukawa)) / det;
  };
  const double up = effective(up_type, left2(p.mQ1, up_type, p.tanb), right2(p.mU1, up_type, p.tanb), -p.mu / p.tanb, 0.0);
  const double down = effective(down_type, left2(p.mQ1, down_type, p.tanb), right2(p.mD1, down_type, p.tanb), -p.mu * p.tanb, 0.0);
  const double top = effective(up_type, third.stops.left2, third.stops.right2, third.x_top, third.top);
  const double bottom = effective(down_type, third.sbottoms.left2, third.sbottoms.right2, third.x_bottom, third.corrected_bottom());

  const double light = proton_f_up * up + (proton_f_down + proton_f_strange) * down;
  const double gluons = 1 - proton_f_up - proton_f_down - proton_f_strange;
  const double amplitude = m_proton * (light + 2.0 / 27 * gluons * (up + bottom + top));
  const double reduced = m_proton * std::abs(mass) / (m_proton + std::abs(mass));
  return 4 * reduced * reduced / pi * amplitude * amplitude * gev2_cm2;
}

}  // namespace umbra::pmssm
