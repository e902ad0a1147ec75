#include "src/statistics/numerical_objective.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"

namespace umbra {

namespace {

constexpr double gradient_width = 1e-3, hessian_width = 0.05;
// Curvatures below this part of a scale's own count as so much in the preconditioner.
constexpr double least_curvature = 1e-6;

}  // namespace

NumericalObjective::NumericalObjective(std::vector<NumericalScale> scales, bool has_gradient, Function function)
    : scales_(std::move(scales)), has_gradient_(has_gradient), function_(std::move(function)) {
  for (const NumericalScale& s : scales_) EXPECT(s.step > 0 && s.low <= s.high);
  const auto n = static_cast<Eigen::Index>(dim());
  hessian_ = inverse_ = Eigen::MatrixXd::Zero(n, n);
  gradient_.resize(dim());
  begin(std::vector<unsigned char>(dim(), 1));
}

void NumericalObjective::begin(std::span<const unsigned char> varied) {
  varied_.assign(varied.begin(), varied.end());
  width_.resize(dim());
  for (std::size_t i = 0; i < dim(); ++i) width_[i] = scales_[i].step;
  gradient_known_ = hessian_known_ = false;
}

void NumericalObjective::set_domain(std::size_t parameter, double low, double high) {
  scales_[parameter].low = low;
  scales_[parameter].high = high;
}

double NumericalObjective::evaluate(std::span<const double> x) {
  x_.assign(x.begin(), x.end());
  hessian_known_ = false;
  gradient_known_ = has_gradient_;
  value_ = function_(x_, has_gradient_ ? std::span<double>(gradient_) : std::span<double>());
  for (std::size_t i = 0; has_gradient_ && i < dim(); ++i)
    if (!varied_[i]) gradient_[i] = 0;
  return value_;
}

/// Central where there is room on both sides and the function is defined there; else from three points on one side.
double NumericalObjective::slope(std::size_t i) const {
  const NumericalScale& s = scales_[i];
  const double h = std::min(gradient_width * width_[i], 0.25 * (s.high - s.low));
  const auto at = [&](double x) {
    if (x < s.low || x > s.high) return std::numeric_limits<double>::quiet_NaN();
    moved_[i] = x;
    const double value = value_at(moved_);
    moved_[i] = x_[i];
    return value;
  };
  const double above = at(x_[i] + h), below = at(x_[i] - h);
  if (std::isfinite(above) && std::isfinite(below)) return (above - below) / (2 * h);
  const double sign = std::isfinite(above) ? 1.0 : -1.0, near = sign > 0 ? above : below, far = at(x_[i] + sign * 2 * h);
  return sign * (4 * near - 3 * value_ - far) / (2 * h);
}

std::span<const double> NumericalObjective::gradient() const {
  if (!gradient_known_) {
    moved_ = x_;
    for (std::size_t i = 0; i < dim(); ++i) gradient_[i] = varied_[i] ? slope(i) : 0.0;
    gradient_known_ = true;
  }
  return gradient_;
}

void NumericalObjective::hessian_of_values(std::vector<double>& centre) {
  std::vector<double> h(dim()), up(dim()), down(dim());
  const auto at = [&](std::size_t i, double di, std::size_t j, double dj) {
    const double xi = centre[i], xj = centre[j];
    centre[i] += di;
    if (j != i) centre[j] += dj;
    const double value = value_at(centre);
    centre[i] = xi;
    centre[j] = xj;
    return value;
  };
  const double middle = value_at(centre);
  for (std::size_t i = 0; i < dim(); ++i) {
    if (!varied_[i]) continue;
    h[i] = std::min(hessian_width * width_[i], 0.25 * (scales_[i].high - scales_[i].low));
    up[i] = at(i, h[i], i, 0), down[i] = at(i, -h[i], i, 0);
    hessian_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) = (up[i] + down[i] - 2 * middle) / (h[i] * h[i]);
  }
  for (std::size_t i = 0; i < dim(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (!varied_[i] || !varied_[j]) continue;
      const double both = at(i, h[i], j, h[j]) + at(i, -h[i], j, -h[j]);
      const double second = (both - up[i] - down[i] - up[j] - down[j] + 2 * middle) / (2 * h[i] * h[j]);
      hessian_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = hessian_(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)) = second;
    }
}

void NumericalObjective::hessian_of_gradients(std::vector<double>& centre) {
  std::vector<double> above(dim()), below(dim());
  for (std::size_t i = 0; i < dim(); ++i) {
    if (!varied_[i]) continue;
    const double x = centre[i], h = std::min(gradient_width * width_[i], 0.25 * (scales_[i].high - scales_[i].low));
    centre[i] = x + h;
    function_(centre, above);
    centre[i] = x - h;
    function_(centre, below);
    centre[i] = x;
    for (std::size_t j = 0; j < dim(); ++j)
      if (varied_[j]) hessian_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = (above[j] - below[j]) / (2 * h);
  }
  hessian_ = 0.5 * (hessian_ + hessian_.transpose().eval());
}

void NumericalObjective::find_hessian() {
  if (hessian_known_) return;
  hessian_known_ = true;
  hessian_.setZero();
  // Its differences stay within the domain: close to an end they are those of a point a little further inside.
  std::vector<double> centre = x_;
  for (std::size_t i = 0; i < dim(); ++i) {
    if (!varied_[i]) continue;
    const double room = std::min(hessian_width * width_[i], 0.25 * (scales_[i].high - scales_[i].low));
    centre[i] = std::clamp(centre[i], scales_[i].low + room, scales_[i].high - room);
  }
  has_gradient_ ? hessian_of_gradients(centre) : hessian_of_values(centre);
  for (std::size_t i = 0; i < dim(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    if (!hessian_.row(at).allFinite()) {  // a place where it is not defined is near
      hessian_.row(at).setZero();
      hessian_.col(at).setZero();
      hessian_(at, at) = 1 / (width_[i] * width_[i]);
    }
    if (varied_[i] && hessian_(at, at) > 0) width_[i] = std::clamp(1 / std::sqrt(hessian_(at, at)), 1e-3 * scales_[i].step, 1e3 * scales_[i].step);
  }
}

void NumericalObjective::hessian_times(std::span<const double> v, std::span<double> out) {
  find_hessian();
  const auto n = static_cast<Eigen::Index>(dim());
  Eigen::Map<Eigen::VectorXd>(out.data(), n) = hessian_ * Eigen::Map<const Eigen::VectorXd>(v.data(), n);
}

/// On scales of 1 the Hessian with the absolute values of its eigenvalues, none close to 0.
void NumericalObjective::factorise(std::span<const unsigned char> free) {
  find_hessian();
  std::vector<Eigen::Index> in;
  for (std::size_t i = 0; i < dim(); ++i)
    if (free[i]) in.push_back(static_cast<Eigen::Index>(i));
  inverse_.setZero();
  if (in.empty()) return;
  Eigen::VectorXd width(static_cast<Eigen::Index>(in.size()));
  for (std::size_t k = 0; k < in.size(); ++k) width[static_cast<Eigen::Index>(k)] = width_[static_cast<std::size_t>(in[k])];
  const Eigen::MatrixXd scaled = width.asDiagonal() * hessian_(in, in) * width.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(scaled);
  const Eigen::VectorXd inverse = eigen.eigenvalues().cwiseAbs().cwiseMax(least_curvature).cwiseInverse();
  inverse_(in, in) = width.asDiagonal() * eigen.eigenvectors() * inverse.asDiagonal() * eigen.eigenvectors().transpose() * width.asDiagonal();
}

void NumericalObjective::precondition(std::span<const double> r, std::span<double> out) {
  const auto n = static_cast<Eigen::Index>(dim());
  Eigen::Map<Eigen::VectorXd>(out.data(), n) = inverse_ * Eigen::Map<const Eigen::VectorXd>(r.data(), n);
}

}  // namespace umbra
