#include "src/models/pmssm/loops.h"

#include <algorithm>
#include <cmath>

namespace umbra::pmssm {
namespace {

// At zero momentum the closed forms lose their digits; a hundredth of the larger mass changes the functions by 1e-4 at most.
double usable_momentum2(double p, double m1, double m2) { return std::max(p * p, 1e-4 * std::max(m1 * m1, m2 * m2)); }

// The integral of ln|t|
double log_integral(double t) { return t == 0 ? 0.0 : t * std::log(std::abs(t)) - t; }

// The integral of ln(t^2 + y^2)
double log_integral(double t, double y) { return t * std::log(t * t + y * y) - 2 * t + 2 * y * std::atan(t / y); }

double b0_of_squares(double p2, double m1, double m2, double q) {
  // The argument of the logarithm is p^2 [(x - centre)^2 - spread], x the Feynman parameter.
  const double centre = 0.5 * (p2 + m1 * m1 - m2 * m2) / p2, spread = centre * centre - m1 * m1 / p2;
  const double root = std::sqrt(std::abs(spread));
  const double integral =
      spread > 0 ? log_integral(1 - centre - root) - log_integral(-centre - root) + log_integral(1 - centre + root) - log_integral(-centre + root)
      : root > 0 ? log_integral(1 - centre, root) - log_integral(-centre, root)
                 : 2 * (log_integral(1 - centre) - log_integral(-centre));
  return -std::log(p2 / (q * q)) - integral;
}

}  // namespace

double a0(double m, double q) { return m == 0 ? 0.0 : m * m * (1 - 2 * std::log(m / q)); }

double b0(double p, double m1, double m2, double q) { return b0_of_squares(usable_momentum2(p, m1, m2), m1, m2, q); }

double b1(double p, double m1, double m2, double q) {
  const double p2 = usable_momentum2(p, m1, m2);
  return (a0(m2, q) - a0(m1, q) + (p2 + m1 * m1 - m2 * m2) * b0_of_squares(p2, m1, m2, q)) / (2 * p2);
}

double triangle(double a, double b, double c) {
  const double x = a * a, y = b * b * 1.0001, z = c * c * 1.0003;
  return (x * y * std::log(x / y) + y * z * std::log(y / z) + z * x * std::log(z / x)) / ((x - y) * (y - z) * (x - z));
}

}  // namespace umbra::pmssm
