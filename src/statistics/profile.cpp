#include "src/statistics/profile.h"

#include <algorithm>
#include <cmath>

namespace umbra {

namespace {
constexpr double tie = 1e-6;
// A fixed fit this much below the free one has found the better minimum.
constexpr double better = 1e-7;
}  // namespace

void Profile::set_data(std::span<const double> data, std::span<const double> start) {
  data_.assign(data.begin(), data.end());
  activate();
  if (start.empty()) start = model_.initial();
  start_.assign(start.begin(), start.end());
  used_ = 0;
  poi_hat_ = free_value_ = fixed_value_ = std::numeric_limits<double>::quiet_NaN();
  status_ = FitStatus::converged;
  distance_ = gradient_ = 0;
  evaluations_ = 0;
}

void Profile::count(const FitResult& result) {
  status_ = std::max(status_, result.status);
  distance_ = std::max(distance_, result.distance);
  gradient_ = std::max(gradient_, result.projected_gradient);
  evaluations_ += result.evaluations;
}

Profile::Entry& Profile::find(PoiRange range, std::span<const double> start) {
  for (std::size_t i = 0; i < used_; ++i)
    if (entries_[i].range.low == range.low && entries_[i].range.high == range.high) return entries_[i];
  // A reference into entries_ (a start) would not survive its growth.
  const std::vector<double> from(start.begin(), start.end());
  if (used_ == entries_.size()) entries_.emplace_back();
  Entry& entry = entries_[used_++];
  entry.range = range;
  entry.result.x = from;
  model_.fit(range, entry.result);
  count(entry.result);
  return entry;
}

const FitResult& Profile::free(PoiRange range) {
  const FitResult& result = find(range, start_).result;
  free_value_ = result.value;
  poi_hat_ = model_.poi() == ToyModel::none ? std::numeric_limits<double>::quiet_NaN() : result.x[model_.poi()];
  return result;
}

const FitResult& Profile::fixed(double poi) {
  const FitResult* nearest = nullptr;
  for (std::size_t i = 0; i < used_; ++i) {
    const FitResult& known = entries_[i].result;
    if (known.x[model_.poi()] == poi && resolved(known.status) && entries_[i].range.low <= poi && poi <= entries_[i].range.high) {
      fixed_value_ = known.value;
      return known;
    }
    if (resolved(known.status) && (!nearest || std::abs(known.x[model_.poi()] - poi) < std::abs(nearest->x[model_.poi()] - poi))) nearest = &known;
  }
  const FitResult& result = find({poi, poi}, nearest ? nearest->x : start_).result;
  fixed_value_ = result.value;
  return result;
}

double Profile::twice_ratio(double poi, PoiRange range) {
  const double free_value = free(range).value;
  const FitResult& conditional = fixed(poi);
  if (conditional.value < free_value - better && range.low <= poi && poi <= range.high) {
    for (std::size_t i = 0; i < used_; ++i) {
      Entry& entry = entries_[i];
      if (entry.range.low != range.low || entry.range.high != range.high) continue;
      const int before = entry.result.evaluations;
      entry.result.x = std::vector<double>(conditional.x);
      model_.fit(range, entry.result);
      count(entry.result);
      entry.result.evaluations += before;
    }
    free(range);
  }
  const double q = 2 * (fixed_value_ - free_value_);
  return q < tie ? 0.0 : q;
}

}  // namespace umbra
