#pragma once
// Several finished nested-sampling runs of one problem, as one run with all their live points (arXiv:1704.03459).

#include <limits>
#include <string>
#include <vector>

#include "src/samplers/nested/evidence.h"
#include "src/samplers/sampler.h"

namespace umbra {

/// A run as its result describes it.
struct NestedRun {
  std::vector<NestedPoint> points;     ///< of its posterior: dead and last live ones
  double log_positive = 0.0;           ///< ln of the prior share that has a likelihood above zero, as the run estimates it
  double ln_evidence = 0.0, ln_evidence_error = 0.0;
  double insertion_p_value = 1.0;      ///< 1 where it was not tested
  double physical_fraction = std::numeric_limits<double>::quiet_NaN();  ///< NaN where the run does not say, here and below
  double failed_fraction = std::numeric_limits<double>::quiet_NaN();
  double jump_rank = std::numeric_limits<double>::quiet_NaN();
  double remaining_evidence = std::numeric_limits<double>::quiet_NaN();
  std::string name;                    ///< for warnings
  std::vector<std::string> warnings;   ///< that it gave
};

/// The share that the volumes of a result are multiplied with: they are ln volume + ln share, and the volumes follow from the points.
/// @param log_prior_volume parallel to points
double find_log_positive(const std::vector<NestedPoint>& points, const std::vector<double>& log_prior_volume);

/// Evidence and weights of all runs together: at each likelihood there are as many live points as the runs had in all. The volume with a likelihood above
/// zero is the runs' mean, weighted by their draws from the prior. The runs' insertion tests are combined by Fisher's method; physical and failed
/// fractions are means by the draws from the prior, the jump rank is the least, what remained the largest of them; what a run warned of holds for the whole. Warns where the runs' ln Z differ by more than their errors allow.
/// Ids of the points must differ between runs.
/// @param seed of the simulated volumes
SamplerResult merge_nested(const std::vector<NestedRun>& runs, std::uint64_t seed);

}  // namespace umbra
