#include "src/statistics/poisson.h"

#include <cmath>

#include "src/base/error.h"
#include "src/statistics/poisson_term.h"

namespace umbra {

namespace {
constexpr double largest_inverted = 10.0;
}

Poisson::Poisson(double mean) : mean_(mean) {
  EXPECT(mean >= 0 && std::isfinite(mean));
  if (mean < largest_inverted) {
    zero_ = std::exp(-mean);
    return;
  }
  // The constants of the paper's table for algorithm PTRS.
  b_ = 0.931 + 2.53 * std::sqrt(mean);
  a_ = -0.059 + 0.02483 * b_;
  log_inverse_alpha_ = std::log(1.1239 + 1.1328 / (b_ - 3.4));
  quick_ = 0.9277 - 3.6224 / (b_ - 2);
}

double Poisson::operator()(RandomStream& stream) const { return mean_ < largest_inverted ? invert(stream) : reject(stream); }

double Poisson::invert(RandomStream& stream) const {
  double u = stream.uniform(), probability = zero_, k = 0;
  // The probabilities are spent one by one; the bound catches the rounding of their sum.
  while (u > probability && k < 200) {
    u -= probability;
    ++k;
    probability *= mean_ / k;
  }
  return k;
}

double Poisson::reject(RandomStream& stream) const {
  while (true) {
    const double u = stream.uniform() - 0.5, v = stream.uniform(), edge = 0.5 - std::abs(u);
    const double k = std::floor((2 * a_ / edge + b_) * u + mean_ + 0.43);
    if (edge >= 0.07 && v <= quick_) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    if (std::log(v) + log_inverse_alpha_ - std::log(a_ / (edge * edge) + b_) <= -poisson_nll(k, mean_)) return k;
  }
}

}  // namespace umbra
