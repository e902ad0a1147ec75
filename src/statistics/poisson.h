#pragma once
// Poisson-distributed whole numbers of one mean.

#include "src/base/random.h"

namespace umbra {

/// Below a mean of 10 by inversion; above by transformed rejection (PTRS: Hoermann 1993, doi:10.1016/0167-6687(93)90997-4), whose cost does not
/// grow with the mean. Mean 0 gives 0.
class Poisson {
 public:
  explicit Poisson(double mean);
  double operator()(RandomStream& stream) const;

 private:
  double invert(RandomStream& stream) const;
  double reject(RandomStream& stream) const;

  double mean_;
  double zero_ = 1.0;  ///< probability of 0
  double a_ = 0, b_ = 0, log_inverse_alpha_ = 0, quick_ = 0;
};

}  // namespace umbra
