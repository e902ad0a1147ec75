#pragma once
// -ln Pois(n | rate) without cancellation: n (t - ln(1 + t)) + a constant of n, t = (rate - n) / n. What is added up is half the deviance (C. Loader,
// "Fast and accurate computation of binomial probabilities", 2000): its rounding is that of the rate, however large n is.

#include <cmath>
#include <numbers>

namespace umbra {

/// -ln Pois(n | n) for any n >= 0, whole or not. Stirling's series (DLMF 5.11.1) from 16 on.
inline double poisson_saturated(double n) {
  if (n <= 0) return 0.0;
  if (n < 16) return std::lgamma(n + 1) - n * std::log(n) + n;
  const double square = 1 / (n * n);
  return 0.5 * std::log(2 * std::numbers::pi * n) + (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - square / 1680) * square) * square) / n;
}

/// -ln Pois(n | rate) / Pois(n | n), at least 0, for n > 0 and rate >= 0.
inline double poisson_excess(double n, double inverse_n, double rate) {
  const double t = (rate - n) * inverse_n;
  if (!(std::abs(t) < 0.5)) return n * (t - std::log(rate * inverse_n));
  // ln(1 + t) with what 1 + t has lost of t.
  const double ratio = 1 + t;
  return n * (t - (std::log(ratio) + (t - (ratio - 1))));
}

/// -ln Pois(n | rate)
inline double poisson_nll(double n, double rate) { return n > 0 ? poisson_excess(n, 1 / n, rate) + poisson_saturated(n) : rate; }

}  // namespace umbra
