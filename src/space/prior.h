#pragma once
// The interface of a prior: one unit-cube coordinate to one physical value and back.

#include <memory>
#include <string>

#include "src/base/registry.h"

namespace umbra {

/// A one-dimensional prior. Immutable.
class Prior {
 public:
  static constexpr const char* registry_noun = "prior";

  virtual ~Prior() = default;

  /// Inverse cumulative distribution, u in [0, 1]. Monotone.
  virtual double quantile(double u) const = 0;
  /// Cumulative distribution, the inverse of quantile().
  virtual double cdf(double theta) const = 0;
  /// ln of the density in theta (discrete: of the probability); -inf outside the support.
  virtual double log_density(double theta) const = 0;
};

/// Keys that a parameter's map has beside those of its prior (name, label, unit ...).
using PriorRegistry = Registry<Prior>;

}  // namespace umbra
