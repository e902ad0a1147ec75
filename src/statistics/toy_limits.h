#pragma once
// Limits and intervals from p-values at several signal strengths, with errors that know which toys are shared.

#include <optional>

#include "src/statistics/p_value.h"

namespace umbra {

/// Toys tested at one signal strength. Those of the signal hypothesis are its own; those of the background serve every signal strength.
struct LimitPoint {
  double poi = 0.0;
  ToyCounts signal, background;
};

enum class LimitPlace { between_points, above_all, below_all };

struct ToyLimit {
  double value = 0.0;  ///< the outermost point on its side where the limit is not between points
  double error = 0.0;  ///< from the number of toys; infinite where the limit is not between points
  LimitPlace place = LimitPlace::between_points;
  double width = 0.0;    ///< over which CLs falls by a factor e there
  std::size_t used = 0;  ///< points near the limit
};

/// Where CLs (or CLsb) falls through 1 - confidence: the root of a parabola (a line through two points) in ln CLs, fitted to the points within a
/// factor of 4 of that level (to the two around it while these are fewer than three). The signal's toys are independent from point to point and
/// average out; the background's are the same at all points and count in full.
/// @param points ascending in poi, at least one
ToyLimit toy_upper_limit(const std::vector<LimitPoint>& points, double confidence, bool divide_by_clb = true);

/// Where to put the next signal strength: beyond the points while the limit is not between them, then around the limit as known, until four points
/// near it hold the curve; then nothing. Further precision comes from more toys at these points.
std::optional<double> next_signal_strength(const std::vector<LimitPoint>& points, const ToyLimit& limit);

/// A p-value at one signal strength, for intervals.
struct IntervalPoint {
  double poi = 0.0;
  ToyCounts counts;  ///< toys made and tested there, with tmu
};
struct ToyInterval {
  double low, high;
  double low_error, high_error;  ///< from the number of toys; infinite where the end is not between points
};
/// Feldman-Cousins (arXiv:physics/9711021): the signal strengths whose p-value is above 1 - confidence, ends by interpolation. An end that no
/// point excludes is infinite towards above, and the first point towards below. Empty (NaN) where all are excluded. Points without a resolved toy say
/// nothing, and are left out.
ToyInterval feldman_cousins(const std::vector<IntervalPoint>& points, double confidence);

}  // namespace umbra
