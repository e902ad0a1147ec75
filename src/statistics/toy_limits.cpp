#include "src/statistics/toy_limits.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "src/base/error.h"

namespace umbra {

namespace {

/// Extreme fraction; half a toy where none is, so that its logarithm exists.
double fraction(const ToyCounts& c) { return std::max(static_cast<double>(c.extreme), 0.5) / std::max(static_cast<double>(c.resolved), 1.0); }

/// Variance of the logarithm of a fraction.
double log_variance(const ToyCounts& c) {
  const double p = fraction(c);
  return (1 - std::min(p, 1.0)) / (p * std::max(static_cast<double>(c.resolved), 1.0));
}

double log_excess(const LimitPoint& point, double alpha, bool divide) {
  return std::log(fraction(point.signal) / alpha) - (divide ? std::log(fraction(point.background)) : 0.0);
}

}  // namespace

ToyLimit toy_upper_limit(const std::vector<LimitPoint>& points, double confidence, bool divide_by_clb) {
  EXPECT(!points.empty());
  const double alpha = 1 - confidence, window = std::log(4.0);
  ToyLimit limit;
  std::vector<double> y;
  for (const LimitPoint& point : points) y.push_back(log_excess(point, alpha, divide_by_clb));
  // The last crossing from above: a fluctuation at a small signal strength is not the limit.
  std::size_t above = points.size();
  while (above > 0 && y[above - 1] <= 0) --above;
  if (above == 0 || above == points.size()) {
    limit.place = above == 0 ? LimitPlace::below_all : LimitPlace::above_all;
    limit.value = above == 0 ? points.front().poi : points.back().poi;
    limit.error = std::numeric_limits<double>::infinity();
    return limit;
  }
  const double origin = points[above - 1].poi, scale = points[above].poi - origin;
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (std::abs(y[i]) < window) used.push_back(i);
  limit.used = used.size();
  if (used.size() < 3) used = {above - 1, above};
  const Eigen::Index terms = used.size() > 2 ? 3 : 2;
  const auto basis = [&](double poi) {
    const double t = (poi - origin) / scale;
    return Eigen::Vector3d(1, t, t * t).head(terms).eval();
  };
  Eigen::MatrixXd information = Eigen::MatrixXd::Zero(terms, terms);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(terms);
  for (const std::size_t i : used) {
    const Eigen::VectorXd row = basis(points[i].poi);
    const double weight = 1 / std::max(log_variance(points[i].signal), 1e-12);
    information += weight * row * row.transpose();
    right += weight * y[i] * row;
  }
  const Eigen::MatrixXd covariance = information.ldlt().solve(Eigen::MatrixXd::Identity(terms, terms));
  const Eigen::VectorXd coefficients = covariance * right;
  const auto curve = [&](double poi) { return coefficients.dot(basis(poi)); };
  const double low = points[used.front()].poi, high = points[used.back()].poi;
  // A curve that does not cross between its own points (few toys) gives way to the line through the bracket.
  const bool crosses = curve(low) > 0 && curve(high) < 0;
  limit.value = crosses ? find_root(curve, low, high, 1e-9) : origin + scale * y[above - 1] / (y[above - 1] - y[above]);
  const double step = 1e-3 * scale;
  double slope = (curve(limit.value + step) - curve(limit.value - step)) / (2 * step);
  if (!crosses || !(slope < 0)) slope = (y[used.back()] - y[used.front()]) / (high - low);
  const Eigen::VectorXd at = basis(limit.value);
  double variance = at.dot(covariance * at);
  if (divide_by_clb) variance += log_variance(points[limit.value - origin < 0.5 * scale ? above - 1 : above].background);
  limit.error = std::sqrt(variance) / std::abs(slope);
  limit.width = 1 / std::abs(slope);
  return limit;
}

std::optional<double> next_signal_strength(const std::vector<LimitPoint>& points, const ToyLimit& limit) {
  if (limit.place == LimitPlace::above_all) return limit.value > 0 ? 1.6 * limit.value : 1.0;
  if (limit.place == LimitPlace::below_all) return 0.5 * limit.value;
  if (limit.used >= 4) return std::nullopt;
  // At the limit, or to one side where there is a point already.
  double best = limit.value, farthest = -1;
  for (const double offset : {0.0, 0.7, -0.7, 0.35, -0.35}) {
    const double candidate = std::max(limit.value + offset * limit.width, 0.2 * limit.value);
    double nearest = std::numeric_limits<double>::infinity();
    for (const LimitPoint& point : points) nearest = std::min(nearest, std::abs(point.poi - candidate));
    if (nearest > (offset == 0 ? 0.3 * limit.width : farthest)) best = candidate, farthest = nearest;
    if (offset == 0 && farthest > 0) break;
  }
  return best;
}

ToyInterval feldman_cousins(const std::vector<IntervalPoint>& given, double confidence) {
  std::vector<IntervalPoint> points;
  std::copy_if(given.begin(), given.end(), std::back_inserter(points), [](const IntervalPoint& p) { return p.counts.resolved > 0; });
  const double alpha = 1 - confidence, infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const auto excess = [&](std::size_t i) { return std::log(fraction(points[i].counts) / alpha); };
  std::size_t first = 0, last = points.size();
  while (first < points.size() && excess(first) <= 0) ++first;
  if (first == points.size()) return {nan, nan, nan, nan};
  while (excess(last - 1) <= 0) --last;
  struct End {
    double poi, error;
  };
  // The toys of the two points around an end are independent.
  const auto cross = [&](std::size_t inside, std::size_t outside) {
    const double yi = excess(inside), yo = excess(outside), apart = points[outside].poi - points[inside].poi, fall = yi - yo;
    const double variance = yo * yo * log_variance(points[inside].counts) + yi * yi * log_variance(points[outside].counts);
    return End{points[inside].poi + yi / fall * apart, std::abs(apart) * std::sqrt(variance) / (fall * fall)};
  };
  const End low = first == 0 ? End{points.front().poi, infinity} : cross(first, first - 1);
  const End high = last == points.size() ? End{infinity, infinity} : cross(last - 1, last);
  return {low.poi, high.poi, low.error, high.error};
}

}  // namespace umbra
