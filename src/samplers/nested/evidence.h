#pragma once
// From the points of a nested-sampling run, each with its likelihood and the contour that it was drawn within, to evidence and weights.

#include <span>
#include <vector>

#include "src/base/random.h"
#include "src/base/task.h"

namespace umbra {

/// A point that was drawn uniformly from where the likelihood is above `birth` (-inf: from the whole prior). The last live points of a
/// run are points like all others. Points of several runs of one problem, put together, are one run with more live points: that is how
/// runs are merged (arXiv:1704.03459).
struct NestedPoint {
  TaskId id = 0;
  double log_likelihood = 0.0;
  double birth = 0.0;
};

struct NestedWeights {
  double ln_evidence = 0.0;           ///< with the expected ln volumes
  double ln_evidence_error = 0.0;     ///< standard deviation over simulated volumes
  double information = 0.0;           ///< Kullback-Leibler divergence of the posterior from the prior, nats
  double effective_samples = 0.0;     ///< (sum w)^2 / sum w^2
  double equal_weight_samples = 0.0;  ///< sum w / max w: how many survive thinning to equal weights
  std::vector<double> log_weight;     ///< [num_points] normalised
  std::vector<double> log_volume;     ///< [num_points] ln of the prior volume within the point's contour
};

/// At each point, in ascending likelihood, the volume shrinks by a factor that is distributed as the largest of n uniform numbers, where n
/// points are alive: born below and not dead yet. Points of equal likelihood die one after the other without being replaced, which is
/// exact for plateaus (arXiv:2010.13884). Weights by the trapezium rule. The error repeats this with `simulations` drawn sequences of
/// volumes (Skilling, doi:10.1214/06-BA127). Cost O(num_points (log num_points + simulations)).
NestedWeights weigh(std::span<const NestedPoint> points, RandomStream stream, int simulations = 100);

/// The test of arXiv:2006.03371: the rank of a new point among the live points of the moment is uniform where the new point is an
/// independent and uniform draw from within the contour.
class InsertionRanks {
 public:
  /// @param rank (number of live points below the new one + a uniform number) / (number of live points + 1)
  void add(double rank);
  /// Kolmogorov-Smirnov; 1 without ranks.
  double p_value() const;
  std::uint64_t count() const;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & bins_;
  }

 private:
  std::vector<std::uint64_t> bins_;
};

}  // namespace umbra
