#pragma once
// Which candidates become the next batch.

#include <cstdint>
#include <span>
#include <vector>

namespace umbra {

struct Scored {
  double score = 0.0;
  std::uint64_t index = 0;  ///< of the candidate
};

/// Keeps the `count` largest scores, best first; ties go to the smaller index, and NaN comes last, so that the result does not depend on the order of the list. Cost: O(size).
void keep_best(std::vector<Scored>& list, std::size_t count);

/// Turns scores into keys whose largest are a draw without repeats, each point drawn with a probability in proportion to score^power (stochastic batch acquisition, arXiv:2106.12059; by
/// Gumbel numbers, arXiv:1903.06059). A key depends on (seed, step, first + position) and its score alone. A score of 0 is drawn last.
/// @param scores [n] of points first, first + 1, ...
void draw_by_power(std::span<double> scores, double power, std::uint64_t seed, std::uint64_t step, std::uint64_t first);

/// Greedy k-centre (Gonzalez, doi:10.1016/0304-3975(85)90224-5; for batches: arXiv:1708.00489): starts from the first point, then takes the one that is farthest from all
/// that were taken. @param u [n x dim]; @return positions of `count` points, in the order in which they were taken. Cost: O(n x count x dim).
std::vector<std::size_t> k_centre(std::span<const double> u, std::size_t dim, std::size_t count);

}  // namespace umbra
