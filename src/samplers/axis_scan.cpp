#include "src/samplers/axis_scan.h"

#include <algorithm>
#include <limits>

#include "src/base/error.h"
#include "src/base/random.h"

namespace umbra {

void AxisScan::propose(std::size_t axis, double x) {
  points_.insert(points_.end(), base_.begin(), base_.end());
  points_[points_.size() - box_.dim() + axis] = box_.inside(x, axis);
  axis_of_.push_back(axis);
}

void AxisScan::plan() {
  points_.clear();
  axis_of_.clear();
  const std::size_t dim = box_.dim();
  if (stage_ == 0) {
    for (std::size_t i = 0; i < first_points(dim); ++i) {
      std::vector<double> u(dim);
      if (i < start_.size()) u = start_[i];
      else RandomStream(seed_, Purpose::initialise, i, 1).fill_uniform(u);
      points_.insert(points_.end(), u.begin(), u.end());
    }
    return;
  }
  if (stage_ == last_stage) {  // the best of every axis
    for (const auto& samples : axes_) points_.push_back(std::max_element(samples.begin(), samples.end(), [](auto& a, auto& b) { return a.value < b.value; })->x);
    return;
  }
  for (std::size_t d = 0; d < dim; ++d) {
    if (stage_ == 1) {
      RandomStream stream(seed_, Purpose::initialise, d, 2);
      for (std::size_t i = 0; i < slices; ++i) propose(d, (static_cast<double>(i) + stream.uniform()) / static_cast<double>(slices));
      continue;
    }
    const auto& samples = axes_[d];
    std::vector<std::size_t> maxima;
    for (std::size_t i = 0; i < samples.size(); ++i)
      if ((i == 0 || samples[i - 1].value < samples[i].value) && (i + 1 == samples.size() || samples[i + 1].value <= samples[i].value)) maxima.push_back(i);
    std::stable_sort(maxima.begin(), maxima.end(), [&](std::size_t a, std::size_t b) { return samples[a].value > samples[b].value; });
    for (std::size_t i = 0; i < std::min(peaks[stage_ - 2], maxima.size()); ++i) refine(d, maxima[i], stage_ == 2);
  }
}

/// Two points about a maximum.
void AxisScan::refine(std::size_t axis, std::size_t peak, bool first) {
  const auto& samples = axes_[axis];
  const double x = samples[peak].x;
  const bool wall = peak == 0 || peak + 1 == samples.size();
  const double a = (peak > 0 ? samples[peak - 1].x : 0.0) - x, b = (peak + 1 < samples.size() ? samples[peak + 1].x : 1.0) - x;
  if (first || wall) {
    propose(axis, x + 0.4 * a);
    propose(axis, x + 0.4 * b);
    return;
  }
  // the vertex of the parabola through the maximum and its neighbours, and a point as far or half as far again, to close in from both sides
  const double fa = samples[peak - 1].value - samples[peak].value, fb = samples[peak + 1].value - samples[peak].value;
  const double curvature = (fb / b - fa / a) / (b - a);
  double step = curvature < 0 ? (fa / a - curvature * a) / (-2.0 * curvature) : 0.0;
  if (!(step > 0.9 * a && step < 0.9 * b) || std::abs(step) < 1e-3 * (b - a)) step = (step > 0 ? 1 : -1) * 0.01 * (b - a);
  propose(axis, x + step);
  propose(axis, x + (std::abs(step) < 0.1 * (b - a) ? 2.0 : 0.5) * step);
}

void AxisScan::learn(std::span<const double> values) {
  const std::size_t dim = box_.dim();
  if (stage_ == 0) {
    const auto best = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
    base_.assign(points_.begin() + static_cast<std::ptrdiff_t>(best * dim), points_.begin() + static_cast<std::ptrdiff_t>((best + 1) * dim));
    base_value_ = values[best];
    for (std::size_t d = 0; d < dim; ++d) axes_[d] = {{base_[d], base_value_}};
  }
  for (std::size_t i = 0; i < axis_of_.size(); ++i) {
    auto& samples = axes_[axis_of_[i]];
    const Sample made{points_[i * dim + axis_of_[i]], values[i]};
    samples.insert(std::upper_bound(samples.begin(), samples.end(), made, [](const Sample& a, const Sample& b) { return a.x < b.x; }), made);
  }
  ++stage_;
  if (!ended()) plan();
}

std::vector<double> AxisScan::save() const {
  std::vector<double> state{static_cast<double>(stage_), base_value_};
  state.insert(state.end(), base_.begin(), base_.end());
  for (const auto& samples : axes_) {
    state.push_back(static_cast<double>(samples.size()));
    for (const Sample& s : samples) state.insert(state.end(), {s.x, s.value});
  }
  return state;
}

void AxisScan::load(std::span<const double> state) {
  std::size_t at = 0;
  const auto next = [&] {
    VALIDATE(at < state.size(), "the sampler's saved state is damaged, start from the points told instead");
    return state[at++];
  };
  stage_ = static_cast<std::size_t>(std::clamp(next(), 0.0, last_stage + 1.0));
  base_value_ = next();
  base_.clear();
  if (stage_ > 0)
    for (std::size_t d = 0; d < box_.dim(); ++d) base_.push_back(next());
  for (auto& samples : axes_) {
    const double size = next();
    samples.clear();
    for (double i = 0; i < size; ++i) {
      const double x = next();
      samples.push_back({x, next()});
    }
  }
  if (!ended()) plan();
}

}  // namespace umbra
