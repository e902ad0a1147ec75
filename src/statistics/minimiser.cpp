#include "src/statistics/minimiser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace umbra {

namespace {

constexpr double sufficient_decrease = 1e-4;
// Curvature along a direction below this part of the preconditioner's counts as none: the quadratic model has no minimum there.
constexpr double flat = 1e-3;
// How often variables that would leave the box are held and the rest solved again, for one step.
constexpr int max_faces = 12;

double dot(const std::vector<double>& a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

std::string_view name(FitStatus s) {
  constexpr std::array<std::string_view, 7> names = {"converged", "at_floor", "iteration_limit", "no_descent", "not_finite", "crashed", "timeout"};
  return names[static_cast<std::size_t>(s)];
}

Minimiser::Minimiser(std::size_t dim) : dim_(dim), free_(dim, 1) {
  for (auto* v : {&gradient_, &trial_, &step_, &hessian_step_, &residual_, &preconditioned_, &direction_, &hessian_direction_}) v->assign(dim, 0.0);
}

/// Minimises the quadratic model over the free variables, the others keep their step_. False where the model has no minimum.
bool Minimiser::solve_subspace(Objective& f) {
  const std::span<const double> g = f.gradient();
  bool moved = false;
  for (std::size_t i = 0; i < dim_; ++i) {
    if (free_[i]) step_[i] = 0;
    moved = moved || step_[i] != 0;
  }
  if (moved) f.hessian_times(step_, hessian_step_);
  else std::fill(hessian_step_.begin(), hessian_step_.end(), 0.0);
  for (std::size_t i = 0; i < dim_; ++i) residual_[i] = free_[i] ? -g[i] - hessian_step_[i] : 0;
  f.factorise(free_);
  f.precondition(residual_, preconditioned_);
  direction_ = preconditioned_;
  double size = dot(residual_, preconditioned_), metric = size;
  // Precise enough that convergence stays superlinear, and no better.
  const double target = size * std::min(1e-1, std::max(size, 1e-8));
  for (std::size_t iteration = 0; size > target && iteration < dim_ + 10; ++iteration) {
    f.hessian_times(direction_, hessian_direction_);
    const double curvature = dot(direction_, hessian_direction_);
    if (!(curvature > flat * metric)) {
      // As far as the preconditioner's curvature says.
      const double length = size / metric;
      for (std::size_t i = 0; i < dim_; ++i) step_[i] += length * direction_[i], hessian_step_[i] += length * hessian_direction_[i];
      return false;
    }
    const double length = size / curvature;
    for (std::size_t i = 0; i < dim_; ++i) {
      step_[i] += length * direction_[i];
      hessian_step_[i] += length * hessian_direction_[i];
      if (free_[i]) residual_[i] -= length * hessian_direction_[i];
    }
    f.precondition(residual_, preconditioned_);
    const double next = dot(residual_, preconditioned_), ratio = next / size;
    for (std::size_t i = 0; i < dim_; ++i) direction_[i] = preconditioned_[i] + ratio * direction_[i];
    metric = next + ratio * ratio * metric;
    size = next;
  }
  return true;
}

/// Fills gradient_ and step_, a step that stays in the box, and returns by how much it should lower the function.
double Minimiser::solve_model(Objective& f, std::span<const double> low, std::span<const double> high, const std::vector<double>& x) {
  std::copy(f.gradient().begin(), f.gradient().end(), gradient_.begin());
  for (std::size_t i = 0; i < dim_; ++i) {
    free_[i] = low[i] < high[i] && !(x[i] <= low[i] && gradient_[i] >= 0) && !(x[i] >= high[i] && gradient_[i] <= 0);
    step_[i] = 0;
  }
  bool bounded = false;
  for (int face = 0; face < max_faces; ++face) {
    bounded = solve_subspace(f);
    bool inside = true;
    for (std::size_t i = 0; i < dim_; ++i) {
      if (!free_[i]) continue;
      const double bound = std::clamp(x[i] + step_[i], low[i], high[i]);
      if (bound == x[i] + step_[i]) continue;
      inside = false;
      free_[i] = 0;
      step_[i] = bound - x[i];
    }
    if (inside) break;
  }
  for (std::size_t i = 0; i < dim_; ++i) step_[i] = std::clamp(x[i] + step_[i], low[i], high[i]) - x[i];
  const double slope = dot(step_, gradient_);
  return bounded ? -(slope + 0.5 * dot(step_, hessian_step_)) : -slope;
}

void Minimiser::minimise(Objective& f, std::span<const double> low, std::span<const double> high, const FitOptions& options, FitResult& result) {
  std::vector<double>& x = result.x;
  for (std::size_t i = 0; i < dim_; ++i) x[i] = std::clamp(x[i], low[i], high[i]);
  result.status = FitStatus::iteration_limit;
  const int last = result.evaluations + options.max_evaluations;
  result.value = f.evaluate(x);
  ++result.evaluations;
  if (!std::isfinite(result.value)) {
    result.status = FitStatus::not_finite;
    result.distance = result.projected_gradient = std::numeric_limits<double>::infinity();
    return;
  }
  while (true) {
    const std::vector<double>& g = gradient_;
    double expected = solve_model(f, low, high, x), slope = dot(step_, g);
    if (!(expected > 0) || !(slope < 0)) {
      // The held variables and the rest do not agree: one step of preconditioned descent.
      for (std::size_t i = 0; i < dim_; ++i) {
        free_[i] = low[i] < high[i] && !(x[i] <= low[i] && g[i] >= 0) && !(x[i] >= high[i] && g[i] <= 0);
        residual_[i] = free_[i] ? -g[i] : 0;
      }
      f.factorise(free_);
      f.precondition(residual_, step_);
      for (std::size_t i = 0; i < dim_; ++i) step_[i] = std::clamp(x[i] + step_[i], low[i], high[i]) - x[i];
      slope = dot(step_, g);
      expected = -slope;
    }
    result.distance = std::max(expected, 0.0);
    result.projected_gradient = 0;
    for (std::size_t i = 0; i < dim_; ++i)
      result.projected_gradient = std::max(result.projected_gradient, std::abs(std::clamp(x[i] - g[i], low[i], high[i]) - x[i]));
    if (expected < options.tolerance) {
      result.status = FitStatus::converged;
      return;
    }
    if (result.evaluations >= last) return;

    const double rounding = f.rounding(result.value);
    double length = f.longest_step(step_);
    while (true) {
      for (std::size_t i = 0; i < dim_; ++i) trial_[i] = std::clamp(x[i] + length * step_[i], low[i], high[i]);
      const double value = f.evaluate(trial_);
      ++result.evaluations;
      if (value <= result.value + sufficient_decrease * length * slope + rounding) {
        result.value = value;
        std::swap(x, trial_);
        break;
      }
      if (result.evaluations >= last || length < 1e-12) {
        f.evaluate(x);
        result.status = result.evaluations >= last ? FitStatus::iteration_limit : FitStatus::no_descent;
        return;
      }
      // The minimum of the parabola through what is known, within reason.
      const double parabola = std::isfinite(value) ? -0.5 * slope * length * length / (value - result.value - slope * length) : 0.0;
      length = std::clamp(parabola, 0.1 * length, 0.5 * length);
    }
  }
}

}  // namespace umbra
