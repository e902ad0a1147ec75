#pragma once
// The normal distribution as ContinuousPrior wants it.

#include <cmath>
#include <numbers>

#include "src/space/normal.h"

namespace umbra {

struct NormalDistribution {
  double mean, sigma;

  double lower(double x) const { return normal_cdf((x - mean) / sigma); }
  double upper(double x) const { return normal_cdf((mean - x) / sigma); }
  double from_lower(double p) const { return mean + sigma * normal_quantile(p); }
  double from_upper(double p) const { return mean - sigma * normal_quantile(p); }
  double log_density(double x) const {
    const double z = (x - mean) / sigma;
    return -0.5 * z * z - std::log(sigma) - 0.5 * std::log(2.0 * std::numbers::pi);
  }
};

}  // namespace umbra
