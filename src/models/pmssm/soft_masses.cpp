#include "src/models/pmssm/soft_masses.h"

#include <cmath>

#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/loops.h"
#include "src/models/pmssm/running.h"

namespace umbra::pmssm {
namespace {

// A gauge boson and its gaugino, in units of g^2 C / (8 pi^2) m^2.
double gauge_loop(double m, double gaugino, double q) {
  const double x = gaugino * gaugino / (m * m), d = x - 1;
  const double threshold = std::abs(d) > 1e-9 ? d * d * std::log(std::abs(d)) : 0.0;
  const double massive = x > 0 ? x * x * std::log(x) : 0.0;
  return 1 + 3 * x + threshold - massive + 4 * x * std::log(q / m);
}

// Yukawa loops of one scalar of mass m, in units of y^2 / (16 pi^2): `partner` is the other chirality, A its trilinear coupling; the Higgs
// doublet that couples has the share `heavy` (squared) in the doublet of mass MA, the rest is light.
double yukawa_loop(double m, double partner, double trilinear, double heavy, double mix, const Parameters& p, double q) {
  const double mu2 = p.mu * p.mu, a2 = trilinear * trilinear, cross = 2 * trilinear * p.mu * mix;
  const double higgsino = (m * m - mu2) * b0(m, p.mu, 0, q) - a0(std::abs(p.mu), q);
  const double light_higgs = (a2 * (1 - heavy) + mu2 * heavy - cross) * b0(m, partner, m_z, q);
  const double heavy_higgs = (a2 * heavy + mu2 * (1 - heavy) + cross) * b0(m, partner, p.MA, q);
  return -a0(partner, q) - heavy * a0(p.MA, q) + higgsino - light_higgs - heavy_higgs;
}

double shifted(double soft, double shift) {
  const double square = soft * soft + shift;
  return square < 0 ? -std::sqrt(-square) : std::sqrt(square);
}

}  // namespace

SoftMassShifts soft_mass_shifts(const Parameters& p, const ThirdGeneration& third) {
  const double q = third.m_susy, tan2 = p.tanb * p.tanb, cb2 = 1 / (1 + tan2), sb2 = tan2 * cb2, mix = p.tanb * cb2;
  const double loop = 1 / (16 * pi * pi), g3_squared = 4 * pi * alpha_s_full(p, q);

  // Sum of hypercharge times <|phi|^2> over all scalars; the heavy Higgs doublet is cos(beta) H_u + sin(beta) H_d.
  const auto f = [q](double m) { return -a0(m, q); };
  const double hypercharge = loop * g1_squared *
                             (2 * f(p.mQ1) + f(p.mQ3) - 4 * f(p.mU1) - 2 * f(p.mU3) + 2 * f(p.mD1) + f(p.mD3) - 2 * f(p.mL1) - f(p.mL3) +
                              2 * f(p.mE1) + f(p.mE3) + (cb2 - sb2) * f(p.MA));
  const auto gauge = [&](double m, double y, bool doublet, bool coloured) {
    double sum = g1_squared * y * y * gauge_loop(m, p.M1, q);
    if (doublet) sum += 0.75 * g2_squared * gauge_loop(m, p.M2, q);
    if (coloured) sum += 4.0 / 3 * g3_squared * gauge_loop(m, p.M3, q);
    return 2 * loop * m * m * sum + y * hypercharge;
  };
  const double v2 = v_higgs * v_higgs, bottom = third.corrected_bottom();
  const double top_loop = loop * third.top * third.top / (v2 * sb2), bottom_loop = loop * bottom * bottom / (v2 * cb2),
               tau_loop = loop * m_tau * m_tau / (v2 * cb2);
  // H_u has the share cos^2(beta) in the heavy doublet, H_d the share sin^2(beta).
  const auto yukawa_u = [&](double m, double partner) { return yukawa_loop(m, partner, p.At, cb2, mix, p, q); };
  const auto yukawa_d = [&](double m, double partner, double trilinear) { return yukawa_loop(m, partner, trilinear, sb2, mix, p, q); };

  SoftMassShifts s;
  s.L1 = gauge(p.mL1, -0.5, true, false);
  s.L3 = gauge(p.mL3, -0.5, true, false) + tau_loop * yukawa_d(p.mL3, p.mE3, p.Atau);
  s.E1 = gauge(p.mE1, 1, false, false);
  s.E3 = gauge(p.mE3, 1, false, false) + 2 * tau_loop * yukawa_d(p.mE3, p.mL3, p.Atau);
  s.Q1 = gauge(p.mQ1, 1.0 / 6, true, true);
  s.Q3 = gauge(p.mQ3, 1.0 / 6, true, true) + top_loop * yukawa_u(p.mQ3, p.mU3) + bottom_loop * yukawa_d(p.mQ3, p.mD3, p.Ab);
  s.U1 = gauge(p.mU1, -2.0 / 3, false, true);
  s.U3 = gauge(p.mU3, -2.0 / 3, false, true) + 2 * top_loop * yukawa_u(p.mU3, p.mQ3);
  s.D1 = gauge(p.mD1, 1.0 / 3, false, true);
  s.D3 = gauge(p.mD3, 1.0 / 3, false, true) + 2 * bottom_loop * yukawa_d(p.mD3, p.mQ3, p.Ab);
  return s;
}

Parameters with_pole_sfermions(const Parameters& p, const SoftMassShifts& s) {
  Parameters shifted_p = p;
  shifted_p.mL1 = shifted(p.mL1, s.L1);
  shifted_p.mL3 = shifted(p.mL3, s.L3);
  shifted_p.mE1 = shifted(p.mE1, s.E1);
  shifted_p.mE3 = shifted(p.mE3, s.E3);
  shifted_p.mQ1 = shifted(p.mQ1, s.Q1);
  shifted_p.mQ3 = shifted(p.mQ3, s.Q3);
  shifted_p.mU1 = shifted(p.mU1, s.U1);
  shifted_p.mU3 = shifted(p.mU3, s.U3);
  shifted_p.mD1 = shifted(p.mD1, s.D1);
  shifted_p.mD3 = shifted(p.mD3, s.D3);
  return shifted_p;
}

}  // namespace umbra::pmssm
