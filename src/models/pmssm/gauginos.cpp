#include "src/models/pmssm/gauginos.h"

#include <cmath>

#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/loops.h"
#include "src/models/pmssm/running.h"

namespace umbra::pmssm {
namespace {

// The integral of x ln|x r - x (1 - x)| over [0, 1], r the squared ratio of squark and gluino mass.
double squark_loop(double r) {
  const double c = r - 1;
  if (c > 1e3) return -0.25 + 0.5 * std::log(c) + 1 / (3 * c) - 1 / (8 * c * c) + 1 / (15 * c * c * c);  // the closed form loses its digits
  const double at_zero = c == 0 ? 0.0 : 0.5 * c * c * std::log(std::abs(c));
  return -0.25 + 0.5 * (1 - c * c) * std::log(r) + at_zero - 0.25 + 0.5 * c;
}

}  // namespace

Parameters with_pole_gauginos(const Parameters& p, const ThirdGeneration& third) {
  const double q = third.m_susy, m1 = std::abs(p.M1), m2 = std::abs(p.M2), mu = std::abs(p.mu), tan2 = p.tanb * p.tanb;
  const double sin_2beta = 2 * p.tanb / (1 + tan2), loop = 1 / (16 * pi * pi);

  // Wave function of a gaugino of mass m from matter: sums of 2 Y^2 or of doublets.
  const auto matter_1 = [&](double m) {
    const auto f = [&](double soft) { return b1(m, 0, soft, q); };
    return (2 * f(p.mQ1) + f(p.mQ3) + 16 * f(p.mU1) + 8 * f(p.mU3) + 4 * f(p.mD1) + 2 * f(p.mD3)) / 3 + 2 * f(p.mL1) + f(p.mL3) + 4 * f(p.mE1) +
           2 * f(p.mE3);
  };
  const auto matter_2 = [&](double m) {
    const auto f = [&](double soft) { return b1(m, 0, soft, q); };
    return 6 * f(p.mQ1) + 3 * f(p.mQ3) + 2 * f(p.mL1) + f(p.mL3);
  };
  // Higgsinos with Higgs bosons, for a signed mass and its absolute value.
  const auto higgs_loop = [&](double sign_m, double m) {
    return b1(m, mu, p.MA, q) + b1(m, mu, m_z, q) - p.mu / sign_m * sin_2beta * (b0(m, mu, p.MA, q) - b0(m, mu, m_z, q));
  };
  const double d1 = -g1_squared * loop * (matter_1(m1) + higgs_loop(p.M1, m1));
  const double d2 = -g2_squared * loop * (matter_2(m2) + higgs_loop(p.M2, m2) - 8 * b0(m2, m2, m_w, q) + 4 * b1(m2, m2, m_w, q));

  const double v2 = v_higgs * v_higgs, bottom = third.corrected_bottom();
  const double yt2 = third.top * third.top / v2 * (1 + tan2) / tan2, yb2 = bottom * bottom / v2 * (1 + tan2);
  const double quarks = (yt2 + yb2) * b1(mu, 0, p.mQ3, q) + yt2 * b1(mu, 0, p.mU3, q) + yb2 * b1(mu, 0, p.mD3, q);
  const double gauge = b1(mu, m2, p.MA, q) + b1(mu, m2, m_z, q) + 2 * b1(mu, mu, m_z, q) - 4 * b0(mu, mu, m_z, q);
  const double d_mu = -1.5 * loop * quarks - 0.75 * g2_squared * loop * gauge;

  Parameters shifted = p;
  shifted.M1 += p.M1 * d1;
  shifted.M2 += p.M2 * d2;
  shifted.mu += p.mu * d_mu;
  return shifted;
}

double gluino_mass(const Parameters& p) {
  const double m_susy = std::sqrt(p.mQ3 * p.mU3), m3 = std::abs(p.M3);
  const auto loop = [m3](double m) { return squark_loop((m / m3) * (m / m3)); };
  const double squarks = 4 * loop(p.mQ1) + 2 * loop(p.mU1) + 2 * loop(p.mD1) + 2 * loop(p.mQ3) + loop(p.mU3) + loop(p.mD3);
  return m3 * (1 + alpha_s_full(p, m_susy) / (4 * pi) * (15 + 6 * std::log(m_susy / m3) + squarks));
}

}  // namespace umbra::pmssm
