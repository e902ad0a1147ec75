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

Cma::Cma(const Box& box, std::size_t size, const std::vector<double>& mean, double sigma, double broad)
    : box_(box), broad_(broad), sigma_0_(sigma), window_(static_cast<std::size_t>(10 + std::ceil(30.0 * static_cast<double>(mean.size()) / static_cast<double>(size)))), sigma_(sigma) {
  const auto n = static_cast<Eigen::Index>(mean.size());
  mean_ = Eigen::Map<const Eigen::VectorXd>(mean.data(), n);
  path_sigma_ = path_c_ = Eigen::VectorXd::Zero(n);
  axis_length_ = Eigen::VectorXd::Ones(n);
  covariance_ = axes_ = Eigen::MatrixXd::Identity(n, n);
  recent_best_ = recent_middle_ = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(window_), -inf);
}

Cma::Rates::Rates(std::size_t dim, std::size_t size) : weights(size) {
  const auto n = static_cast<double>(dim);
  const auto lambda = static_cast<Eigen::Index>(size);
  const Eigen::Index mu = lambda / 2;
  for (Eigen::Index i = 0; i < lambda; ++i) weights[i] = std::log(0.5 * (static_cast<double>(lambda) + 1)) - std::log(static_cast<double>(i + 1));
  const auto effective = [](const auto& w) { return w.sum() * w.sum() / w.squaredNorm(); };
  mu_eff = effective(weights.head(mu));
  const double mu_eff_negative = effective(weights.tail(lambda - mu));
  c_sigma = (mu_eff + 2) / (n + mu_eff + 5);
  d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma;
  c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n);
  c_1 = 2 / ((n + 1.3) * (n + 1.3) + mu_eff);
  c_mu = std::min(1 - c_1, 2 * (0.25 + mu_eff + 1 / mu_eff - 2) / ((n + 2) * (n + 2) + mu_eff));
  // equations 49-53
  const double negative = std::min({1 + c_1 / c_mu, 1 + 2 * mu_eff_negative / (mu_eff + 2), (1 - c_1 - c_mu) / (n * c_mu)});
  const double positive_sum = weights.head(mu).sum(), negative_sum = -weights.tail(lambda - mu).cwiseMin(0.0).sum();
  for (double& w : weights) w = w >= 0 ? w / positive_sum : w * std::max(0.0, negative) / negative_sum;
}

double Cma::width() const { return sigma_ * axis_length_.maxCoeff(); }

void Cma::draw(RandomStream& stream, std::span<double> u) const {
  Eigen::VectorXd z(mean_.size());
  stream.fill_normal({z.data(), u.size()});
  Eigen::Map<Eigen::VectorXd>(u.data(), mean_.size()) = mean_ + sigma_ * (axes_ * axis_length_.cwiseProduct(z));
}

void Cma::learn(std::span<const double> u, std::span<const double> values) {
  const Eigen::Index n = mean_.size(), lambda = static_cast<Eigen::Index>(values.size());
  std::vector<Eigen::Index> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)]; });
  const auto value = [&](Eigen::Index rank) { return values[static_cast<std::size_t>(order[static_cast<std::size_t>(rank)])]; };
  const auto slot = static_cast<Eigen::Index>(generation_) % recent_best_.size();
  recent_best_[slot] = value(0);
  recent_middle_[slot] = value(lambda / 2);
  generation_ += 1;
  if (value(0) == value(lambda - 1)) return;  // no order to learn from

  const Rates rate(static_cast<std::size_t>(n), values.size());
  const Eigen::VectorXd& weights = rate.weights;
  // A narrow distribution learns from where points were drawn: with those reflected, the mean would keep off an optimum at a wall and the
  // width run away. A broad one, most of whose points are reflected somewhere, learns from where they landed: the images would only blur it.
  Eigen::MatrixXd y(n, lambda);  // best first
  for (Eigen::Index d = 0; d < n; ++d) {
    const auto axis = static_cast<std::size_t>(d);
    const bool landed = !box_.periodic(axis) && sigma_ * std::sqrt(covariance_(d, d)) > broad_;
    for (Eigen::Index i = 0; i < lambda; ++i) {
      const double x = u[static_cast<std::size_t>(order[static_cast<std::size_t>(i)] * n + d)];
      y(d, i) = ((landed ? box_.inside(x, axis) : x) - mean_[d]) / sigma_;
    }
  }
  const Eigen::Index mu = lambda / 2;
  const Eigen::VectorXd step = y.leftCols(mu) * weights.head(mu);
  mean_ += sigma_ * step;

  const auto whiten = [&](const Eigen::VectorXd& v) -> Eigen::VectorXd { return axes_ * (axes_.transpose() * v).cwiseQuotient(axis_length_); };
  path_sigma_ = (1 - rate.c_sigma) * path_sigma_ + std::sqrt(rate.c_sigma * (2 - rate.c_sigma) * rate.mu_eff) * whiten(step);  // 43
  const auto dim = static_cast<double>(n);
  const double chi_n = std::sqrt(dim) * (1 - 1 / (4 * dim) + 1 / (21 * dim * dim));
  const double length = path_sigma_.norm() / std::sqrt(1 - std::pow(1 - rate.c_sigma, 2 * generation_));
  const double moving = length < (1.4 + 2 / (dim + 1)) * chi_n ? 1 : 0;
  path_c_ = (1 - rate.c_c) * path_c_ + moving * std::sqrt(rate.c_c * (2 - rate.c_c) * rate.mu_eff) * step;  // 45

  Eigen::VectorXd w = weights;
  for (Eigen::Index i = 0; i < lambda; ++i)
    if (w[i] < 0) w[i] *= dim / std::max(whiten(y.col(i)).squaredNorm(), 1e-12);  // 46
  const double kept = 1 + rate.c_1 * (1 - moving) * rate.c_c * (2 - rate.c_c) - rate.c_1 - rate.c_mu * weights.sum();
  covariance_ = kept * covariance_ + rate.c_1 * path_c_ * path_c_.transpose() + rate.c_mu * y * w.asDiagonal() * y.transpose();  // 47
  sigma_ *= std::exp(std::min(1.0, rate.c_sigma / rate.d_sigma * (path_sigma_.norm() / chi_n - 1)));  // 44

  if (generation_ - decomposed_ > 0.1 / ((rate.c_1 + rate.c_mu) * dim)) decompose();
  sigma_ = std::min(sigma_, sigma_0_ / axis_length_.maxCoeff());
}

void Cma::decompose() {
  covariance_ = 0.5 * (covariance_ + covariance_.transpose()).eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance_);
  axes_ = solver.eigenvectors();
  axis_length_ = solver.eigenvalues().cwiseMax(1e-30).cwiseSqrt();
  decomposed_ = generation_;
}

bool Cma::ended(double tolerance) const {
  if (width() < 1e-9 * sigma_0_ || !std::isfinite(sigma_) || axis_length_.maxCoeff() > 1e7 * axis_length_.minCoeff()) return true;
  if (generation_ < static_cast<double>(window_)) return false;
  const double highest = recent_best_.maxCoeff();
  const double lowest = std::min(recent_best_.minCoeff(), recent_middle_[(static_cast<Eigen::Index>(generation_) - 1) % recent_middle_.size()]);
  return highest == lowest || highest - lowest < tolerance;  // equal, for instance when all failed
}

template <class Visit>
void Cma::visit(Visit&& visit) {
  for (Eigen::VectorXd* v : {&mean_, &path_sigma_, &path_c_, &axis_length_, &recent_best_, &recent_middle_}) visit(v->data(), static_cast<std::size_t>(v->size()));
  for (Eigen::MatrixXd* m : {&covariance_, &axes_}) visit(m->data(), static_cast<std::size_t>(m->size()));
  for (double* x : {&sigma_, &generation_, &decomposed_}) visit(x, std::size_t{1});
}

std::size_t Cma::state_size() const {
  const auto n = static_cast<std::size_t>(mean_.size());
  return 4 * n + 2 * n * n + 2 * static_cast<std::size_t>(recent_best_.size()) + 3;
}

void Cma::save(std::vector<double>& state) const {
  const_cast<Cma*>(this)->visit([&](const double* data, std::size_t size) { state.insert(state.end(), data, data + size); });
}

void Cma::load(std::span<const double> state) {
  visit([&](double* data, std::size_t size) {
    std::copy_n(state.begin(), size, data);
    state = state.subspan(size);
  });
}

}  // namespace umbra
