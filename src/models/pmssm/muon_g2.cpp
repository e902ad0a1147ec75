#include "src/models/pmssm/muon_g2.h"

#include <cmath>

#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/loops.h"
#include "src/models/pmssm/smooth.h"

namespace umbra::pmssm {
namespace {

// Loop functions of squared mass ratios, 1 at x = 1.
double raw_f1n(double x) { return 2 / std::pow(1 - x, 4) * (1 - 6 * x + 3 * x * x + 2 * x * x * x - 6 * x * x * std::log(x)); }
double raw_f2n(double x) { return 3 / std::pow(1 - x, 3) * (1 - x * x + 2 * x * std::log(x)); }
double raw_f1c(double x) { return 2 / std::pow(1 - x, 4) * (2 + 3 * x - 6 * x * x + x * x * x + 6 * x * std::log(x)); }
double raw_f2c(double x) { return -1.5 / std::pow(1 - x, 3) * (3 - 4 * x + x * x + 2 * std::log(x)); }

const Smooth f1n(raw_f1n, 0.02), f2n(raw_f2n, 0.02), f1c(raw_f1c, 0.02), f2c(raw_f2c, 0.02);

}  // namespace

Sfermions smuons(const Parameters& p) { return sfermions(p.mL1, p.mE1, m_muon, -p.mu * p.tanb, lepton_type, p.tanb); }

MuonG2 muon_g2(const Parameters& p, const Neutralinos& n, const Charginos& c, const Sfermions& smuons, double sneutrino2) {
  const double cb = 1 / std::sqrt(1 + p.tanb * p.tanb), root2 = std::sqrt(2.0);
  const double g1 = std::sqrt(g1_squared), g2 = std::sqrt(g2_squared);
  const double yukawa = g2 * m_muon / (root2 * m_z * std::sqrt(1 - sin2_theta_w) * cb);
  const double mass2[2] = {smuons.light2, smuons.heavy2};
  const double mixing[2][2] = {{smuons.cos_theta, smuons.sin_theta}, {-smuons.sin_theta, smuons.cos_theta}};

  double sum = 0.0;
  for (int i = 0; i < 4; ++i)
    for (int m = 0; m < 2; ++m) {
      const double left = mixing[m][0], right = mixing[m][1];
      const double n_r = root2 * g1 * n.N[i][0] * right + yukawa * n.N[i][2] * left;
      const double n_l = (g2 * n.N[i][1] + g1 * n.N[i][0]) / root2 * left - yukawa * n.N[i][2] * right;
      const double x = n.mass[i] * n.mass[i] / mass2[m];
      sum += -m_muon / (12 * mass2[m]) * (n_l * n_l + n_r * n_r) * f1n(x) + n.mass[i] / (3 * mass2[m]) * n_l * n_r * f2n(x);
    }
  for (int k = 0; k < 2; ++k) {
    const double c_r = yukawa * c.U[k][1], c_l = -g2 * c.V[k][0], x = c.mass[k] * c.mass[k] / sneutrino2;
    sum += m_muon / (12 * sneutrino2) * (c_l * c_l + c_r * c_r) * f1c(x) + 2 * c.mass[k] / (3 * sneutrino2) * c_l * c_r * f2c(x);
  }
  const double one_loop = sum * m_muon / (16 * pi * pi);
  const double m_susy = std::pow(smuons.light2 * sneutrino2, 0.25);

  const double n_mass = std::sqrt(sneutrino2), left = std::sqrt(smuons.left2), right = std::sqrt(smuons.right2), mu = std::abs(p.mu),
               m1 = std::abs(p.M1);
  const double delta_mu = -p.mu * p.tanb / (16 * pi * pi) *
                          (g2_squared * p.M2 * (triangle(c.mass[0], c.mass[1], n_mass) + 0.5 * triangle(c.mass[0], c.mass[1], left)) +
                           g1_squared * p.M1 * (triangle(mu, m1, right) - 0.5 * triangle(mu, m1, left) - triangle(m1, left, right)));
  return {one_loop, one_loop / (1 + delta_mu) * (1 - 4 * alpha_em / pi * std::log(m_susy / m_muon))};
}

}  // namespace umbra::pmssm
