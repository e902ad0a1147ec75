#include "src/samplers/nested/live_points.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace umbra {

double LivePoints::rank(double log_likelihood, double uniform) const {
  double below = 0.0, equal = 0.0;
  for (const NestedPoint& p : points_) {
    below += p.log_likelihood < log_likelihood;
    equal += p.log_likelihood == log_likelihood;
  }
  return (below + uniform * (equal + 1.0)) / (static_cast<double>(size()) + 1.0);
}

void LivePoints::insert(const NestedPoint& point, std::span<const double> u) {
  int mode = 0;
  if (modes_.size() > 1) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < size(); ++i) {
      double d2 = 0.0;
      for (std::size_t j = 0; j < dim_; ++j) d2 += (u_[i * dim_ + j] - u[j]) * (u_[i * dim_ + j] - u[j]);
      if (d2 < least) least = d2, mode = mode_[i];
    }
  }
  points_.push_back(point);
  mode_.push_back(mode);
  u_.insert(u_.end(), u.begin(), u.end());
}

std::vector<std::size_t> LivePoints::lowest() const {
  double least = std::numeric_limits<double>::infinity();
  for (const NestedPoint& p : points_) least = std::min(least, p.log_likelihood);
  std::vector<std::size_t> all;
  for (std::size_t i = size(); i-- > 0;)
    if (points_[i].log_likelihood == least) all.push_back(i);
  return all;
}

void LivePoints::remove(std::size_t i) {
  points_[i] = points_.back();
  mode_[i] = mode_.back();
  std::copy_n(u_.end() - static_cast<std::ptrdiff_t>(dim_), dim_, u_.begin() + static_cast<std::ptrdiff_t>(i * dim_));
  points_.pop_back();
  mode_.pop_back();
  u_.resize(u_.size() - dim_);
}

LivePoints::Level LivePoints::level() const {
  double high = -std::numeric_limits<double>::infinity(), sum = 0.0, square = 0.0;
  for (const NestedPoint& p : points_) high = std::max(high, p.log_likelihood);
  if (!std::isfinite(high)) return {high, high};
  const double n = static_cast<double>(size());
  for (const NestedPoint& p : points_) sum += std::exp(p.log_likelihood - high) / n;
  for (const NestedPoint& p : points_) square += std::pow(std::exp(p.log_likelihood - high) - sum, 2) / n;
  return {high + std::log(sum), high + 0.5 * std::log(square)};
}

void LivePoints::split_modes(const Region& region) {
  if (region.num_modes() == 1) return;
  std::map<int, std::map<int, std::vector<std::size_t>>> members;
  for (std::size_t i = 0; i < size(); ++i) members[mode_[i]][region.mode(u(i))].push_back(i);
  // A few points apart are a mode only once more of them are: till then they stay with the others.
  const std::size_t least = 2 * (dim_ + 3);
  for (auto& [parent, parts] : members) {
    std::vector<std::size_t> rest;
    double total = 0.0;
    for (auto part = parts.begin(); part != parts.end();) {
      total += static_cast<double>(part->second.size());
      if (part->second.size() >= least) {
        ++part;
      } else {
        rest.insert(rest.end(), part->second.begin(), part->second.end());
        part = parts.erase(part);
      }
    }
    if (parts.size() < 2) continue;
    auto& largest = std::max_element(parts.begin(), parts.end(), [](auto& x, auto& y) { return x.second.size() < y.second.size(); })->second;
    largest.insert(largest.end(), rest.begin(), rest.end());
    for (const auto& [part, points] : parts) {
      for (const std::size_t i : points) mode_[i] = static_cast<int>(modes_.size());
      modes_.push_back({parent, static_cast<double>(points.size()) / total});
    }
    modes_[static_cast<std::size_t>(parent)].split = true;
  }
}

}  // namespace umbra
