#include "src/models/pmssm/electroweak.h"

#include <algorithm>
#include <cmath>

#include "src/models/pmssm/constants.h"

namespace umbra::pmssm {
namespace {

// F_0 of hep-ph/9612363
double f0(double x, double y) {
  return std::abs(x - y) < 1e-4 * (x + y) ? (x - y) * (x - y) / (3 * (x + y)) * 2 : x + y - 2 * x * y / (x - y) * std::log(x / y);
}

}  // namespace

double delta_rho(const ThirdGeneration& third) {
  const Sfermions &t = third.stops, &b = third.sbottoms;
  const double ct2 = t.cos_theta * t.cos_theta, st2 = t.sin_theta * t.sin_theta, cb2 = b.cos_theta * b.cos_theta, sb2 = b.sin_theta * b.sin_theta;
  const double sum = -st2 * ct2 * f0(t.light2, t.heavy2) - sb2 * cb2 * f0(b.light2, b.heavy2) + ct2 * cb2 * f0(t.light2, b.light2) +
                     ct2 * sb2 * f0(t.light2, b.heavy2) + st2 * cb2 * f0(t.heavy2, b.light2) + st2 * sb2 * f0(t.heavy2, b.heavy2);
  return 3 * fermi_constant / (8 * std::sqrt(2.0) * pi * pi) * sum;
}

double delta_ew(const Parameters& p, const ThirdGeneration& third) {
  const double tan2 = p.tanb * p.tanb, cb2 = 1 / (1 + tan2), sb2 = tan2 * cb2, cos_2beta = cb2 - sb2, half_mz2 = 0.5 * m_z * m_z;
  const double scale2 = std::sqrt(third.stops.light2 * third.stops.heavy2);
  const double gz2 = half_mz2 / (2 * v_higgs * v_higgs);  // (g^2 + g'^2) / 8
  // The real part where a stau is a tachyon before its mass is corrected.
  const auto f = [scale2](double m2) { return m2 == 0.0 ? 0.0 : m2 * (std::log(std::abs(m2) / scale2) - 1); };

  double sum_u = 0.0, sum_d = 0.0, largest_u = 0.0, largest_d = 0.0;
  const auto add = [](double term, double& sum, double& largest) {
    sum += term;
    largest = std::max(largest, std::abs(term));
  };
  // `own` is the Higgs field that gives the fermion its mass, `other` sees the sfermions through mu.
  const auto sfermion_pair = [&](const Sfermions& s, double yukawa2, double trilinear, Charges charges, double colours, double& own_sum,
                                 double& own_largest, double& other_sum, double& other_largest) {
    const double d_left = 0.5 * std::abs(charges.t3) - std::abs(charges.q) * sin2_theta_w;
    const double split = std::max(s.heavy2 - s.light2, 1e-9 * s.heavy2);
    const double own = (yukawa2 * trilinear * trilinear - 4 * gz2 * d_left * (s.left2 - s.right2)) / split;
    const double other = (yukawa2 * p.mu * p.mu + 4 * gz2 * d_left * (s.left2 - s.right2)) / split;
    const double norm = colours / (16 * pi * pi);
    add(norm * f(s.light2) * (yukawa2 - gz2 - own), own_sum, own_largest);
    add(norm * f(s.heavy2) * (yukawa2 - gz2 + own), own_sum, own_largest);
    add(norm * f(s.light2) * (gz2 - other), other_sum, other_largest);
    add(norm * f(s.heavy2) * (gz2 + other), other_sum, other_largest);
  };
  const double v2 = v_higgs * v_higgs, bottom = third.corrected_bottom();
  const double yt2 = third.top * third.top / (v2 * sb2);
  sfermion_pair(third.stops, yt2, p.At, up_type, 3, sum_u, largest_u, sum_d, largest_d);
  sfermion_pair(third.sbottoms, bottom * bottom / (v2 * cb2), p.Ab, down_type, 3, sum_d, largest_d, sum_u, largest_u);
  const Sfermions staus = sfermions(p.mL3, p.mE3, m_tau, p.Atau - p.mu * p.tanb, lepton_type, p.tanb);
  sfermion_pair(staus, m_tau * m_tau / (v2 * cb2), p.Atau, lepton_type, 1, sum_d, largest_d, sum_u, largest_u);
  add(-3 * yt2 / (8 * pi * pi) * f(third.top * third.top), sum_u, largest_u);

  // With loops m_A^2 = m_Hu^2 + Sigma_u + m_Hd^2 + Sigma_d + 2 mu^2.
  const double hd2 = p.MA * p.MA * sb2 - p.mu * p.mu - half_mz2 * cos_2beta - sum_d;
  const double hu2 = p.MA * p.MA * cb2 - p.mu * p.mu + half_mz2 * cos_2beta - sum_u;
  const double denominator = std::max(std::abs(tan2 - 1), 1e-6);
  return std::max({std::abs(hd2) / denominator, std::abs(hu2) * tan2 / denominator, p.mu * p.mu, largest_u * tan2 / denominator,
                   largest_d / denominator}) /
         half_mz2;
}

}  // namespace umbra::pmssm
