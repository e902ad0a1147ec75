#pragma once
// Functions to find the maximum of, on the unit cube. The maximum is 0. Formulas: arXiv:2101.04525.

#include <cmath>
#include <numbers>
#include <span>

namespace umbra::test {

/// Maximum at u = 0.3 everywhere.
inline double sphere(std::span<const double> u) {
  double sum = 0.0;
  for (double x : u) sum -= (x - 0.3) * (x - 0.3);
  return 100.0 * sum;
}

/// AF2, Rastrigin's function shifted.
inline double rastrigin(std::span<const double> u) {
  double sum = 0.0;
  for (double v : u) {
    const double x = -7.0 + 14.0 * v + 0.23;
    sum -= x * x - 10.0 * std::cos(2.0 * std::numbers::pi * x) + 10.0;
  }
  return sum;
}

/// AF4, Schwefel's function.
inline double schwefel(std::span<const double> u) {
  double sum = -418.982887272433799 * static_cast<double>(u.size());
  for (double v : u) {
    const double x = -500.0 + 1000.0 * v;
    sum += x * std::sin(std::sqrt(std::abs(x)));
  }
  return sum;
}

}  // namespace umbra::test
