#include "src/learning/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "src/base/error.h"

namespace umbra {

ClassMetrics class_metrics(std::span<const float> y, std::span<const double> p) {
  EXPECT(y.size() == p.size() && !y.empty());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  double count[2] = {}, right[2] = {}, squares = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const int c = y[i] > 0.5f;
    ++count[c];
    right[c] += (p[i] > 0.5) == (c == 1);
    squares += (p[i] - c) * (p[i] - c);
  }
  const auto n = static_cast<double>(y.size());
  ClassMetrics m;
  m.accuracy = (right[0] + right[1]) / n;
  m.accuracy_0 = count[0] > 0 ? right[0] / count[0] : nan;
  m.accuracy_1 = count[1] > 0 ? right[1] / count[1] : nan;
  m.balanced_accuracy = 0.5 * (m.accuracy_0 + m.accuracy_1);
  m.brier = squares / n;
  m.auc = m.precision_recall = nan;
  if (count[0] == 0 || count[1] == 0) return m;

  std::vector<std::size_t> order(y.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  double true_positive = 0.0, false_positive = 0.0, area = 0.0, precision_area = 0.0;
  for (std::size_t i = 0; i < order.size();) {  // groups of equal p
    double ones = 0.0, zeros = 0.0;
    const double value = p[order[i]];
    for (; i < order.size() && p[order[i]] == value; ++i) (y[order[i]] > 0.5f ? ones : zeros) += 1.0;
    area += zeros * (true_positive + 0.5 * ones);
    true_positive += ones;
    false_positive += zeros;
    precision_area += ones * true_positive / (true_positive + false_positive);
  }
  m.auc = area / (count[0] * count[1]);
  m.precision_recall = precision_area / count[1];
  return m;
}

NumberMetrics number_metrics(std::span<const float> y, std::span<const double> p) {
  EXPECT(y.size() == p.size() && !y.empty());
  const auto n = static_cast<double>(y.size());
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double error = 0.0, spread = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    error += (y[i] - p[i]) * (y[i] - p[i]);
    spread += (y[i] - mean) * (y[i] - mean);
  }
  return {std::sqrt(error / n), spread > 0.0 ? 1.0 - error / spread : std::numeric_limits<double>::quiet_NaN()};
}

Calibration::Calibration(std::span<const float> y, std::span<const double> p, std::size_t bins) : bins_(bins) {
  EXPECT(y.size() == p.size() && bins > 0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    Bin& b = bins_[bin(p[i])];
    ++b.points;
    b.right += (p[i] > 0.5) == (y[i] > 0.5f);
  }
}

std::size_t Calibration::bin(double p) const {
  EXPECT(!bins_.empty());
  const auto n = static_cast<double>(bins_.size());
  return static_cast<std::size_t>(std::clamp(p * n, 0.0, n - 1.0));
}

}  // namespace umbra
