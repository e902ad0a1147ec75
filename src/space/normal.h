#pragma once
// The standard normal distribution, accurate in both tails.

namespace umbra {

/// P(Z <= z).
double normal_cdf(double z);
/// The inverse of normal_cdf; +-inf at p = 0 and 1.
double normal_quantile(double p);
/// ln P(Z <= z), finite as long as z^2 is.
double log_normal_cdf(double z);

}  // namespace umbra
