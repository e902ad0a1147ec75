#pragma once
// The interface of a prior: one unit-cube coordinate to one physical value and back.

#include <limits>
#include <memory>
#include <string>

#include "src/base/registry.h"

namespace umbra {

/// A one-dimensional prior. Immutable.
class Prior {
 public:
  static constexpr const char* registry_noun = "prior";

  virtual ~Prior() = default;

  /// Inverse cumulative distribution, u in [0, 1]. Monotone, finite.
  virtual double quantile(double u) const = 0;
  /// Cumulative distribution: quantile(cdf(x)) is x within the support, 0 and 1 below and above it (discrete: the nearest value's middle u).
  virtual double cdf(double theta) const = 0;
  /// ln of the density in theta (discrete: of the probability); -inf outside the support.
  virtual double log_density(double theta) const = 0;
  /// Length of the range where u is linear in theta (then in units of theta) or in ln theta (then in e-folds); NaN for all others.
  virtual double length() const { return std::numeric_limits<double>::quiet_NaN(); }
};

using PriorRegistry = Registry<Prior>;

}  // namespace umbra
