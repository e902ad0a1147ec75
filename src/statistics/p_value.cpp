#include "src/statistics/p_value.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace umbra {

namespace {

double statistic_of(const ToyRow& row) { return umbra::resolved(row.status) ? row.statistic : std::numeric_limits<double>::quiet_NaN(); }

}  // namespace

void ToyCounts::add(double statistic, double observed, TestStatistic::Side side) {
  if (std::isnan(statistic)) {
    ++unresolved;
    return;
  }
  ++resolved;
  if (at_least_as_extreme(statistic, observed, side)) ++extreme;
}

void ToyCounts::add(const ToyRow& row, double observed, TestStatistic::Side side) { add(statistic_of(row), observed, side); }

PValue p_value(const ToyCounts& counts, double confidence) {
  PValue p;
  p.value = static_cast<double>(counts.extreme) / static_cast<double>(counts.resolved);
  const Interval interval = clopper_pearson(counts.extreme, counts.resolved, confidence);
  p.low = interval.low;
  p.high = interval.high;
  const std::uint64_t all = counts.resolved + counts.unresolved;
  p.lowest = clopper_pearson(counts.extreme, all, confidence).low;
  p.highest = clopper_pearson(counts.extreme + counts.unresolved, all, confidence).high;
  return p;
}

double relative_error(const PValue& p) { return p.value > 0 ? (p.high - p.low) / 2 / p.value : std::numeric_limits<double>::infinity(); }

ClsResult cls(const ToyCounts& signal, const ToyCounts& background) {
  ClsResult result{p_value(signal), p_value(background), {}};
  const double each = std::sqrt(one_sigma);
  const PValue sb = p_value(signal, each), b = p_value(background, each);
  const auto ratio = [](double numerator, double denominator) {
    return denominator > 0 ? numerator / denominator : std::numeric_limits<double>::infinity();
  };
  result.cls.value = sb.value / b.value;
  result.cls.low = ratio(sb.low, b.high);
  result.cls.high = ratio(sb.high, b.low);
  result.cls.lowest = ratio(sb.lowest, b.highest);
  result.cls.highest = ratio(sb.highest, b.lowest);
  return result;
}

Bands expected_cls(std::vector<double>& signal, std::vector<double>& background, TestStatistic::Side side) {
  const double sign = side == TestStatistic::Side::high ? 1.0 : -1.0;
  for (auto* list : {&signal, &background}) {
    for (double& value : *list) value *= sign;
    std::sort(list->begin(), list->end());
  }
  const auto tail = [](const std::vector<double>& sorted, double from) {
    return static_cast<double>(sorted.end() - std::lower_bound(sorted.begin(), sorted.end(), from - statistic_tie)) /
           static_cast<double>(sorted.size());
  };
  Bands bands{};
  if (background.empty() || signal.empty()) {
    bands.fill(std::numeric_limits<double>::quiet_NaN());
    return bands;
  }
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const double below = normal_tail(static_cast<double>(i) - 2.0);  // the most extreme background toys give the lowest CLs
    const auto index = static_cast<std::size_t>(below * static_cast<double>(background.size()));
    const double value = background[std::min(index, background.size() - 1)];
    bands[i] = tail(signal, value) / tail(background, value);
  }
  for (auto* list : {&signal, &background})
    for (double& value : *list) value *= sign;
  return bands;
}

void WeightedCounts::add(double statistic, double log_weight, double observed, TestStatistic::Side side) {
  const double weight = std::exp(log_weight);
  if (std::isnan(statistic)) {
    ++unresolved;
    unresolved_sum += weight;
    return;
  }
  ++resolved;
  if (!at_least_as_extreme(statistic, observed, side)) return;
  ++extreme;
  sum += weight;
  sum_of_squares += weight * weight;
  largest = std::max(largest, weight);
}

void WeightedCounts::add(const ToyRow& row, double observed, TestStatistic::Side side) { add(statistic_of(row), row.log_weight, observed, side); }

void WeightedCounts::add_unknown(std::uint64_t toys) {
  unresolved += toys;
  unresolved_sum += static_cast<double>(toys) * bound;
}

double WeightedCounts::error() const {
  const double n = static_cast<double>(resolved), mean = sum / n;
  return std::sqrt(std::max(sum_of_squares / n - mean * mean, 0.0) / n);
}

PValue p_value(const WeightedCounts& c, double confidence) {
  const double n = static_cast<double>(c.resolved), all = n + static_cast<double>(c.unresolved);
  const Interval sum = weighted_poisson(c.sum, c.sum_of_squares, c.extreme > 0 ? c.largest : c.bound, confidence);
  PValue p{c.sum / n, sum.low / n, std::min(sum.high / n, 1.0), sum.low / all, 1.0};
  p.highest = std::min((sum.high + c.unresolved_sum) / all, 1.0);
  if (c.unresolved == 0) p.highest = p.high;
  return p;
}

}  // namespace umbra
