#include "src/samplers/cma.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/random.h"

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
}

Cma::Cma(const Box& box, std::size_t size, std::vector<double> mean, double sigma) : box_(box), size_(size), weights_(size), sigma_0_(sigma), sigma_(sigma) {
  const auto n = static_cast<double>(box.dim());
  const auto lambda = static_cast<Eigen::Index>(size);
  const Eigen::Index mu = lambda / 2;
  for (Eigen::Index i = 0; i < lambda; ++i) weights_[i] = std::log(0.5 * (static_cast<double>(lambda) + 1)) - std::log(static_cast<double>(i + 1));
  const auto effective = [](const auto& w) { return w.sum() * w.sum() / w.squaredNorm(); };
  mu_eff_ = effective(weights_.head(mu));
  const double mu_eff_negative = effective(weights_.tail(lambda - mu));
  c_sigma_ = (mu_eff_ + 2) / (n + mu_eff_ + 5);
  d_sigma_ = 1 + 2 * std::max(0.0, std::sqrt((mu_eff_ - 1) / (n + 1)) - 1) + c_sigma_;
  c_c_ = (4 + mu_eff_ / n) / (n + 4 + 2 * mu_eff_ / n);
  c_1_ = 2 / ((n + 1.3) * (n + 1.3) + mu_eff_);
  c_mu_ = std::min(1 - c_1_, 2 * (0.25 + mu_eff_ + 1 / mu_eff_ - 2) / ((n + 2) * (n + 2) + mu_eff_));
  chi_n_ = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  // equations 49-53
  const double negative = std::min({1 + c_1_ / c_mu_, 1 + 2 * mu_eff_negative / (mu_eff_ + 2), (1 - c_1_ - c_mu_) / (n * c_mu_)});
  const double positive_sum = weights_.head(mu).sum(), negative_sum = -weights_.tail(lambda - mu).cwiseMin(0.0).sum();
  for (double& w : weights_) w = w >= 0 ? w / positive_sum : w * std::max(0.0, negative) / negative_sum;

  const auto dim = static_cast<Eigen::Index>(box.dim());
  mean_ = Eigen::Map<const Eigen::VectorXd>(mean.data(), dim);
  path_sigma_ = path_c_ = Eigen::VectorXd::Zero(dim);
  axis_length_ = Eigen::VectorXd::Ones(dim);
  covariance_ = axes_ = Eigen::MatrixXd::Identity(dim, dim);
  const auto window = static_cast<Eigen::Index>(10 + std::ceil(30 * n / static_cast<double>(lambda)));
  recent_best_ = Eigen::VectorXd::Constant(window, -inf);
  recent_worst_ = Eigen::VectorXd::Constant(window, -inf);
}

void Cma::draw(RandomStream& stream, std::span<double> u) const {
  Eigen::VectorXd z(mean_.size());
  stream.fill_normal({z.data(), u.size()});
  const Eigen::VectorXd x = mean_ + sigma_ * (axes_ * axis_length_.cwiseProduct(z));
  for (std::size_t d = 0; d < u.size(); ++d) u[d] = box_.inside(x[static_cast<Eigen::Index>(d)], d);
}

void Cma::learn(std::span<const double> u, std::span<const double> values) {
  const Eigen::Index n = mean_.size(), lambda = static_cast<Eigen::Index>(size_);
  std::vector<std::size_t> order(size_);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  const auto slot = static_cast<Eigen::Index>(generation_) % recent_best_.size();
  recent_best_[slot] = values[order.front()];
  recent_worst_[slot] = values[order[size_ / 2]];
  generation_ += 1;
  if (values[order.front()] == values[order.back()]) return;  // no order to learn from

  Eigen::MatrixXd y(n, lambda);  // columns, best first
  for (Eigen::Index i = 0; i < lambda; ++i)
    for (Eigen::Index d = 0; d < n; ++d)
      y(d, i) = box_.difference(u[order[static_cast<std::size_t>(i)] * static_cast<std::size_t>(n) + static_cast<std::size_t>(d)], mean_[d], static_cast<std::size_t>(d)) / sigma_;

  const Eigen::Index mu = lambda / 2;
  const Eigen::VectorXd step = y.leftCols(mu) * weights_.head(mu);
  for (Eigen::Index d = 0; d < n; ++d) mean_[d] = box_.inside(mean_[d] + sigma_ * step[d], static_cast<std::size_t>(d));

  const auto whiten = [&](const Eigen::VectorXd& v) -> Eigen::VectorXd { return axes_ * (axes_.transpose() * v).cwiseQuotient(axis_length_); };
  path_sigma_ = (1 - c_sigma_) * path_sigma_ + std::sqrt(c_sigma_ * (2 - c_sigma_) * mu_eff_) * whiten(step);  // 43
  const double length = path_sigma_.norm() / std::sqrt(1 - std::pow(1 - c_sigma_, 2 * generation_));
  const double stalled = length < (1.4 + 2 / (static_cast<double>(n) + 1)) * chi_n_ ? 1 : 0;
  path_c_ = (1 - c_c_) * path_c_ + stalled * std::sqrt(c_c_ * (2 - c_c_) * mu_eff_) * step;  // 45

  Eigen::VectorXd w = weights_;
  for (Eigen::Index i = 0; i < lambda; ++i)
    if (w[i] < 0) w[i] *= static_cast<double>(n) / std::max(whiten(y.col(i)).squaredNorm(), 1e-12);  // 46
  const double old = 1 + c_1_ * (1 - stalled) * c_c_ * (2 - c_c_) - c_1_ - c_mu_ * weights_.sum();
  covariance_ = old * covariance_ + c_1_ * path_c_ * path_c_.transpose() + c_mu_ * y * w.asDiagonal() * y.transpose();  // 47
  sigma_ *= std::exp(std::min(1.0, c_sigma_ / d_sigma_ * (path_sigma_.norm() / chi_n_ - 1)));  // 44
  sigma_ = std::min(sigma_, 1.0);

  if (generation_ - decomposed_ > 0.1 / ((c_1_ + c_mu_) * static_cast<double>(n))) decompose();
}

void Cma::decompose() {
  covariance_ = 0.5 * (covariance_ + covariance_.transpose()).eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance_);
  axes_ = solver.eigenvectors();
  axis_length_ = solver.eigenvalues().cwiseMax(1e-30).cwiseSqrt();
  decomposed_ = generation_;
}

bool Cma::ended(double tolerance) const {
  const auto window = static_cast<double>(recent_best_.size());
  const double shrunk = sigma_ * axis_length_.maxCoeff();
  if (shrunk < 1e-9 * sigma_0_ || !std::isfinite(sigma_) || axis_length_.maxCoeff() > 1e7 * axis_length_.minCoeff()) return true;
  if (generation_ < window) return false;
  const double highest = recent_best_.maxCoeff(), lowest = std::min(recent_best_.minCoeff(), recent_worst_[(static_cast<Eigen::Index>(generation_) - 1) % recent_best_.size()]);
  return highest == lowest || highest - lowest < tolerance;  // all failed: equal
}

template <class Visit>
void Cma::visit(Visit&& visit) {
  for (Eigen::VectorXd* v : {&mean_, &path_sigma_, &path_c_, &axis_length_, &recent_best_, &recent_worst_}) visit(v->data(), static_cast<std::size_t>(v->size()));
  for (Eigen::MatrixXd* m : {&covariance_, &axes_}) visit(m->data(), static_cast<std::size_t>(m->size()));
  for (double* x : {&sigma_, &generation_, &decomposed_}) visit(x, std::size_t{1});
}

std::size_t Cma::state_size() const {
  const std::size_t n = box_.dim();
  return 4 * n + 2 * n * n + 2 * static_cast<std::size_t>(recent_best_.size()) + 3;
}

void Cma::save(std::vector<double>& state) const {
  const_cast<Cma*>(this)->visit([&](const double* data, std::size_t size) { state.insert(state.end(), data, data + size); });
}

std::span<const double> Cma::load(std::span<const double> state) {
  visit([&](double* data, std::size_t size) {
    std::copy_n(state.begin(), size, data);
    state = state.subspan(size);
  });
  return state;
}

}  // namespace umbra
