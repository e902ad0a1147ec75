#pragma once
// Tails of the normal distribution, intervals for a binomial fraction, and roots.

#include <cstdint>
#include <functional>

namespace umbra {

/// Probability above z; precise far into the tail.
double normal_tail(double z);
/// The z above which the probability is p: the significance of a one-sided p-value. inf for 0, -inf for 1.
double significance(double p);

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// Probability content of one standard deviation, 68.27 %.
inline constexpr double one_sigma = 0.6826894921370859;

/// Clopper-Pearson interval of a fraction, k of n: covers at least `confidence`, each side at least half of it. [0, 1] for n = 0.
Interval clopper_pearson(std::uint64_t k, std::uint64_t n, double confidence = one_sigma);

/// Interval of the expected sum of weights of a Poisson-distributed number of events, from their weights: gamma quantiles, those of Garwood where all
/// weights are 1 (Fay and Feuer 1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#).
Interval weighted_poisson(double sum, double sum_of_squares, double largest, double confidence = one_sigma);

/// A root of f between low and high, where it has different signs. Relative precision; TOMS 748 (doi:10.1145/210089.210111).
double find_root(const std::function<double(double)>& f, double low, double high, double precision = 1e-10);

}  // namespace umbra
