#include "src/models/pmssm/higgs.h"

#include <algorithm>
#include <cmath>

#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/loops.h"
#include "src/models/pmssm/running.h"

namespace umbra::pmssm {
namespace {

// ln(a/b) / (a - b)
double log_ratio(double a, double b) { return std::abs(a - b) < 1e-6 * (a + b) ? 2 / (a + b) : std::log(a / b) / (a - b); }

// (2 - (a + b)/(a - b) ln(a/b)) / (a - b)^2
double g_function(double a, double b) {
  const double d = a - b, s = a + b;
  return std::abs(d) > 1e-4 * s ? (2 - s / d * std::log(a / b)) / (d * d) : -2 / (3 * s * s);
}

}  // namespace

double ThirdGeneration::corrected_bottom() const { return bottom / std::max(min_bottom_factor, 1 + delta_b); }

ThirdGeneration third_generation(const Parameters& p) {
  ThirdGeneration t;
  t.m_susy = std::sqrt(p.mQ3 * p.mU3);
  t.top = top_mass(t.m_susy);
  t.bottom = bottom_mass(t.m_susy);
  const double yukawa = t.top / v_higgs;
  t.delta_b = p.tanb * p.mu *
              (2 * alpha_s(t.m_susy) / (3 * pi) * p.M3 * triangle(p.mQ3, p.mD3, p.M3) +
               yukawa * yukawa / (16 * pi * pi) * p.At * triangle(p.mQ3, p.mU3, p.mu));
  t.x_top = p.At - p.mu / p.tanb;
  t.x_bottom = p.Ab - p.mu * p.tanb;
  t.stops = sfermions(p.mQ3, p.mU3, t.top, t.x_top, up_type, p.tanb);
  t.sbottoms = sfermions(p.mQ3, p.mD3, t.corrected_bottom(), t.x_bottom, down_type, p.tanb);
  return t;
}

std::optional<Higgs> higgs(const Parameters& p, const ThirdGeneration& third) {
  const double cb = 1 / std::sqrt(1 + p.tanb * p.tanb), sb = p.tanb * cb;
  const double ma2 = p.MA * p.MA, mz2 = m_z * m_z;
  const double top = third.top, top_low = top_mass(std::sqrt(m_top * third.m_susy)), bottom = third.corrected_bottom();

  // Tree level, with the wave-function logarithm of the top.
  const double k = 3 / (8 * pi * pi) * std::pow(top_low / v_higgs / sb, 2) * std::log(third.m_susy * third.m_susy / (m_top * m_top));
  double m11 = mz2 * cb * cb + ma2 * sb * sb;
  double m12 = -(ma2 + mz2 * (1 - k / 2)) * sb * cb;
  double m22 = mz2 * sb * sb * (1 - k) + ma2 * cb * cb;

  // One loop with mixing, at the SUSY scale.
  const double t1 = third.stops.light2, t2 = third.stops.heavy2, b1 = third.sbottoms.light2, b2 = third.sbottoms.heavy2;
  const double kt = std::pow(top, 4) / (sb * sb), kb = std::pow(bottom, 4) / (cb * cb);
  const double lt = log_ratio(t1, t2), lb = log_ratio(b1, b2), gt = g_function(t1, t2), gb = g_function(b1, b2);
  const double ax_t = p.At * third.x_top, ax_b = p.Ab * third.x_bottom, mux_t = p.mu * third.x_top, mux_b = p.mu * third.x_bottom;
  const double norm = 3 / (8 * pi * pi * v_higgs * v_higgs);
  m11 += norm * (kb * (std::log(b1 * b2 / std::pow(bottom, 4)) + 2 * ax_b * lb + ax_b * ax_b * gb) + kt * mux_t * mux_t * gt);
  m22 += norm * (kt * (std::log(t1 * t2 / std::pow(top, 4)) + 2 * ax_t * lt + ax_t * ax_t * gt) + kb * mux_b * mux_b * gb);
  m12 -= norm * (kt * mux_t * (lt + ax_t * gt) + kb * mux_b * (lb + ax_b * gb));

  // The logarithm without mixing moves from the SUSY scale to the geometric mean of scales.
  const auto leading_log = [&](double mass) {
    const Sfermions s = sfermions(p.mQ3, p.mU3, mass, 0.0, up_type, p.tanb);
    return std::pow(mass, 4) / (sb * sb) * std::log(s.left2 * s.right2 / std::pow(mass, 4));
  };
  m22 += norm * (leading_log(top_low) - leading_log(top));

  const double half = 0.5 * (m11 - m22), root = std::hypot(half, m12), light2 = 0.5 * (m11 + m22) - root;
  if (!(light2 > 0)) return std::nullopt;
  const double angle = 0.5 * std::atan2(-2 * m12, m22 - m11);
  const double sign = std::sin(angle) < 0 ? -1.0 : 1.0;
  return Higgs{std::sqrt(light2), std::sqrt(0.5 * (m11 + m22) + root), std::atan2(-sign * std::cos(angle), sign * std::sin(angle))};
}

}  // namespace umbra::pmssm
