#pragma once
// Points of an earlier run, in the coordinates of this one: what samplers start from, or evaluate again.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "src/base/task.h"

namespace umbra {

struct EarlierPoints {
  /// What the points stand for beside themselves.
  enum class Sample {
    none,       ///< places that some method went to
    prior,      ///< independent draws from the prior, those that failed among them
    even,       ///< points that cover the prior evenly, those that failed among them
    posterior,  ///< a posterior, by their weights
  };

  /// Points that agree to this in every coordinate are in one place.
  static constexpr double same_place = 1e-9;

  std::size_t dim = 0;
  std::vector<TaskId> ids;              ///< [size] that they had in the earlier run, ascending
  std::vector<double> u;                ///< [size x dim]
  std::vector<double> log_likelihood;   ///< [size] as it was there: NaN where the evaluation failed, -inf for a likelihood of zero
  Sample sample = Sample::none;
  std::string no_sample;                ///< none: why, where the earlier run has weights that do not hold here
  std::vector<double> log_weight;       ///< posterior: [size], exp() summing to 1 over all of that run's posterior; -inf for points outside of it
  std::uint64_t draws = 0;              ///< prior, even: how many there were in all (fewer may have been chosen)
  std::vector<double> log_prior_ratio;  ///< [size] ln of this job's prior density over the earlier one; empty: the priors are the same
  double prior_share = 1.0;             ///< of this job's prior within the range of the earlier one: below 1, the points know nothing of the rest
  double left_out = 0.0;                ///< share of the earlier run's weight (prior, even: of its draws that were ok) that a filter has left out
  double ln_evidence = std::numeric_limits<double>::quiet_NaN();  ///< of the earlier run; NaN where it has none
  double ln_evidence_error = 0.0;
  double effective_samples = std::numeric_limits<double>::quiet_NaN();  ///< that the earlier run claims; NaN where it says nothing
  std::vector<std::size_t> best_first;  ///< positions of the points with a likelihood above zero, best first; of equal ones the earlier

  std::size_t size() const { return ids.size(); }
  std::span<const double> point(std::size_t i) const { return {&u[i * dim], dim}; }
  /// The best of them, best first, each place once, of which none lies nearer than `apart` to a better one (in the coordinate in which they differ most).
  /// Cost: O(size dim), and O(size chosen) where `apart` is above 0.
  std::vector<std::vector<double>> best(std::size_t at_most, double apart = 0.0) const;
  /// Fills best_first from log_likelihood.
  void sort();
  /// Whether these are all draws from the prior that the earlier run made, in their order.
  bool all_prior_draws() const { return sample == Sample::prior && log_prior_ratio.empty() && size() == draws; }
};

}  // namespace umbra
