#include "src/models/pmssm/flavour.h"

#include <cmath>

#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/running.h"
#include "src/models/pmssm/smooth.h"

namespace umbra::pmssm {
namespace {

double cube(double x) { return x * x * x; }
double fourth(double x) { return (x * x) * (x * x); }

// Photon (7) and gluon (8) functions; 1 and 2 with a top or a charged Higgs, 3 with a chargino's mass flipped.
double raw_f17(double x) { return (7 - 5 * x - 8 * x * x) / (36 * cube(x - 1)) + x * (3 * x - 2) / (6 * fourth(x - 1)) * std::log(x); }
double raw_f27(double x) { return (3 - 5 * x) / (6 * (x - 1) * (x - 1)) + (3 * x - 2) / (3 * cube(x - 1)) * std::log(x); }
double raw_f37(double x) { return (1 - x) * raw_f17(x) - x / 2 * raw_f27(x) - 23.0 / 36; }
double raw_f18(double x) { return (2 + 5 * x - x * x) / (12 * cube(x - 1)) - x / (2 * fourth(x - 1)) * std::log(x); }
double raw_f28(double x) { return (3 - x) / (2 * (x - 1) * (x - 1)) - std::log(x) / cube(x - 1); }
double raw_f38(double x) { return (1 - x) * raw_f18(x) - x / 2 * raw_f28(x) - 1.0 / 3; }

const Smooth f17(raw_f17, 0.03), f27(raw_f27, 0.03), f37(raw_f37, 0.03), f18(raw_f18, 0.03), f28(raw_f28, 0.03), f38(raw_f38, 0.03);

// H_2 of hep-ph/0009337, moved off its removable singularities.
double h2(double x, double y) {
  if (std::abs(x - 1) < 1e-3) x = 1.002;
  if (std::abs(y - 1) < 1e-3) y = 0.997;
  if (std::abs(x - y) < 1e-3 * (x + y)) y = x * 1.0025;
  return x * std::log(x) / ((1 - x) * (x - y)) + y * std::log(y) / ((1 - y) * (y - x));
}

double square(double x) { return x * x; }

}  // namespace

BsGamma bs_gamma(const Parameters& p, const Charginos& c, const ThirdGeneration& third) {
  const double cb = 1 / std::sqrt(1 + p.tanb * p.tanb), sb = p.tanb * cb;
  const double gluino = -2 * alpha_s(third.m_susy) / (3 * pi) * p.mu / p.M3 * h2(square(p.mQ3 / p.M3), square(p.mD3 / p.M3));
  const double higgsino = -square(third.top / v_higgs) / (16 * pi * pi) * p.At / p.mu * h2(square(p.mQ3 / p.mu), square(p.mU3 / p.mu));
  const double resummation = 1 + (gluino + higgsino) * p.tanb;

  const double y = square(m_top_running_at_mtop) / (square(p.MA) + square(m_w)), cot2 = 1 / square(p.tanb);
  double c7 = 0.5 * y * (f17(y) * cot2 + f27(y));
  double c8 = 0.5 * y * (f18(y) * cot2 + f28(y));

  const Sfermions& stops = third.stops;
  const double mass2[2] = {stops.light2, stops.heavy2};
  const double left[2] = {stops.cos_theta, -stops.sin_theta}, right[2] = {stops.sin_theta, stops.cos_theta};
  const double yukawa = third.top / (std::sqrt(2.0) * m_w * sb);
  for (int j = 0; j < 2; ++j) {
    const double m2 = square(c.mass[j]), r = square(m_w) / m2;
    const double s = c.U[j][1] / (std::sqrt(2.0) * cb) * m_w / c.mass[j] / resummation;
    const double q = square(p.mQ1) / m2, v = c.V[j][0];
    c7 += r * v * v * f17(q) - s * v * f37(q);
    c8 += r * v * v * f18(q) - s * v * f38(q);
    for (int k = 0; k < 2; ++k) {
      const double w = v * left[k] - c.V[j][1] * right[k] * yukawa, x = mass2[k] / m2;
      c7 -= r * w * w * f17(x) - s * w * left[k] * f37(x);
      c8 -= r * w * w * f18(x) - s * w * left[k] * f38(x);
    }
  }
  constexpr double standard_model = 3.36;
  const double shift = 8.22 * c7 + 1.99 * c8;
  return {1e-4 * standard_model * square(1 - shift / (2 * standard_model)), resummation};
}

}  // namespace umbra::pmssm
