#pragma once
// How much a committee's votes on a point promise to teach.

#include <span>
#include <string>
#include <vector>

namespace umbra {

/// Scores of votes v_j with mean p (probabilities of a class), largest where the members agree least:
///   vote_entropy  -f ln f - (1-f) ln(1-f), f the share of votes above 1/2       (Dagan and Engelson, ICML 1995)
///   margin        1 - 2 |p - 1/2|
///   deviation     the standard deviation of the votes
///   mean_spread   s / (s + |p - 1/2|), s the standard deviation: the distance of the mean from the boundary in units of the spread, largest at
///                 the boundary (arXiv:1905.08628 orders by mean over spread)
///   divergence    the mean Kullback-Leibler divergence of the members to their mean (McCallum and Nigam, ICML 1998)
///   variance      of the votes: for regression
enum class Score { vote_entropy, margin, deviation, mean_spread, divergence, variance };

/// Names in the job file, in the order of Score.
const std::vector<std::string>& score_names();
Score score_named(const std::string& name);
double score(Score which, std::span<const float> votes);
double mean_vote(std::span<const float> votes);

}  // namespace umbra
