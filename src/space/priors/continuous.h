#pragma once
// What the priors of a closed form share: truncation to an optional range, without loss of accuracy in either tail.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/base/options.h"
#include "src/space/prior.h"

namespace umbra {

/// A distribution D, of which `range` (if any) is kept. D is a plain class with
///   lower(x) = P(X < x), upper(x) = P(X > x), from_lower(p) and from_upper(p) their inverses, log_density(x).
/// An infinite end of the support is never reached: u is kept 2^-54 away from 0 and 1, so that every value is finite.
template <class D>
class ContinuousPrior : public Prior {
 public:
  ContinuousPrior(D distribution, std::optional<Range> range) : d_(std::move(distribution)) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    low_ = range ? range->low : -infinity;
    high_ = range ? range->high : infinity;
    mirrored_ = range && d_.lower(low_) > 0.5;
    first_ = mirrored_ ? d_.upper(low_) : range ? d_.lower(low_) : 0.0;
    last_ = mirrored_ ? d_.upper(high_) : range ? d_.lower(high_) : 1.0;
    const double mass = std::abs(last_ - first_);
    VALIDATE(mass > 0, "the range [{}, {}] holds no part of the distribution (no value could be drawn), widen or move it", low_, high_);
    log_mass_ = std::log(mass);
    VALIDATE(std::isfinite(quantile(0.0)) && std::isfinite(quantile(1.0)), "its values reach beyond the largest number, make it narrower or give it a range");
    VALIDATE(std::isfinite(quantile(0.0)) && std::isfinite(quantile(1.0)), "its values reach beyond the largest number, make it narrower or give it a range");
  }

  double quantile(double u) const final {
    const double inside = std::clamp(u, 0x1p-54, 1.0 - 0x1p-53);
    const double p = first_ + inside * (last_ - first_);
    return std::clamp(mirrored_ ? d_.from_upper(p) : d_.from_lower(p), low_, high_);
  }
  double cdf(double theta) const final {
    if (theta <= low_) return 0.0;
    if (theta >= high_) return 1.0;
    return ((mirrored_ ? d_.upper(theta) : d_.lower(theta)) - first_) / (last_ - first_);
  }
  double log_density(double theta) const final {
    if (theta < low_ || theta > high_) return -std::numeric_limits<double>::infinity();
    return d_.log_density(theta) - log_mass_;
  }

 private:
  D d_;
  double low_, high_, first_, last_, log_mass_;
  bool mirrored_;
};

}  // namespace umbra
