#pragma once
// Have the Markov chains converged, and how many independent draws are they worth?

#include <vector>

namespace umbra {

/// Draws of one quantity: chains[chain][step], all of one length.
using ChainDraws = std::vector<std::vector<double>>;

/// Rank-normalised split R-hat (arXiv:1903.08008): the larger of that of the ranks' normal scores and that of the scores of
/// |x - median|. Each chain is halved first. Near 1 where all halves agree; below 1.01 is converged. NaN with fewer than 4 steps.
double split_r_hat(const ChainDraws& chains);

/// Integrated autocorrelation time, steps: 1 + 2 sum of the autocorrelation, averaged over the chains, up to the first lag above 5 times
/// the sum so far (arXiv:1202.3665). At least 1.
double autocorrelation_time(const ChainDraws& chains);

/// Bulk effective sample size (arXiv:1903.08008, section 3.2): number of draws / autocorrelation time of the ranks' normal scores, where the
/// autocorrelation compares with the variance between all split chains, and is summed in pairs while these are positive and falling (Geyer). The
/// variance of a mean is the variance of a draw divided by this. Cost O(number of draws x autocorrelation time).
double effective_sample_size(const ChainDraws& chains);

}  // namespace umbra
