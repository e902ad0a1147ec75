#include "src/models/pmssm/coloured.h"

#include <algorithm>
#include <cmath>

#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/running.h"

namespace umbra::pmssm {
namespace {

// From the MS-bar coupling with six flavours to the one that goes with the gluino's loop; the squarks agree better with full spectra without it.
constexpr double to_full_theory = 0.93;

// The integral of x ln|x r - x (1 - x)| over [0, 1], r the squared ratio of squark and gluino mass.
double squark_loop(double r) {
  const double c = r - 1;
  const double at_zero = c == 0 ? 0.0 : 0.5 * c * c * std::log(std::abs(c));
  return -0.25 + 0.5 * (1 - c * c) * std::log(r) + at_zero - 0.25 + 0.5 * c;
}

}  // namespace

double gluino_mass(const Parameters& p) {
  const double m_susy = std::sqrt(p.mQ3 * p.mU3), m3 = std::abs(p.M3);
  const auto loop = [m3](double m) { return squark_loop((m / m3) * (m / m3)); };
  const double squarks = 4 * loop(p.mQ1) + 2 * loop(p.mU1) + 2 * loop(p.mD1) + 2 * loop(p.mQ3) + loop(p.mU3) + loop(p.mD3);
  return m3 * (1 + to_full_theory * alpha_s(m_susy) / (4 * pi) * (15 + 6 * std::log(m_susy / m3) + squarks));
}

double squark_mass(double tree, const Parameters& p, double m_susy) {
  const double x = p.M3 * p.M3 / (tree * tree);
  const double threshold = std::abs(x - 1) > 1e-9 ? (x - 1) * (x - 1) * std::log(std::abs(x - 1)) : 0.0;
  const double shift = 1 + 3 * x + threshold - x * x * std::log(x) + 2 * x * std::log(m_susy * m_susy / (tree * tree));
  return tree * std::sqrt(std::max(0.05, 1 + 2 * alpha_s(m_susy) / (3 * pi) * shift));
}

}  // namespace umbra::pmssm
