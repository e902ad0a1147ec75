#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "src/base/error.h"
#include "src/space/normal.h"
#include "src/space/parameter_block.h"

namespace umbra {
namespace {

// x = mean + L z with covariance L L^T, z the standard normal quantiles of u.
class CorrelatedNormal : public ParameterBlock {
 public:
  struct Options {
    std::vector<std::string> names, labels, units;
    std::vector<double> mean, sigma;
    Config correlation, covariance;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("names", &Options::names, "names of the parameters", required())
        .add("labels", &Options::labels, "their LaTeX labels")
        .add("units", &Options::units, "their units")
        .add("mean", &Options::mean, "their means", required())
        .add("sigma", &Options::sigma, "their standard deviations; with it goes correlation", above(0))
        .add("correlation", &Options::correlation, "matrix, a list of rows; 1 on the diagonal")
        .add("covariance", &Options::covariance, "matrix, a list of rows; instead of sigma and correlation");
  }

  CorrelatedNormal(const Options& o, const BlockContext& context) : first_(context.earlier.size()), unit_(context.unit) {
    const std::size_t n = o.names.size();
    const auto fits = [n](std::size_t size) { return size == 0 || size == n; };
    VALIDATE(n > 0, "'names' is empty, list the parameters of the block");
    VALIDATE(o.mean.size() == n, "'mean' has {} numbers for {} names, give one each", o.mean.size(), n);
    VALIDATE(fits(o.labels.size()) && fits(o.units.size()), "'labels' and 'units' must have {} entries each, one for each name", n);
    for (std::size_t i = 0; i < n; ++i)
      columns_.push_back({o.names[i], o.units.empty() ? "" : o.units[i], o.labels.empty() ? "" : o.labels[i], Role::parameter});
    mean_ = Eigen::Map<const Eigen::VectorXd>(o.mean.data(), static_cast<Eigen::Index>(n));
    const Eigen::LLT<Eigen::MatrixXd> cholesky(covariance(o));
    VALIDATE(cholesky.info() == Eigen::Success,
             "the matrix is not positive definite (it is the covariance of no distribution), make its correlations smaller");
    root_ = cholesky.matrixL();
    log_norm_ = -0.5 * static_cast<double>(n) * std::log(2.0 * std::numbers::pi) - root_.diagonal().array().log().sum();
  }
  std::unique_ptr<ParameterBlock> clone() const override { return std::make_unique<CorrelatedNormal>(*this); }
  std::vector<Column> columns() const override { return columns_; }
  std::size_t dim() const override { return columns_.size(); }

  void to_physical(std::span<const double> u, std::span<double> theta) const override {
    const std::size_t n = dim();
    for (std::size_t i = 0; i < n; ++i) theta[first_ + i] = normal_quantile(std::clamp(u[unit_ + i], 0x1p-54, 1.0 - 0x1p-53));
    // Backwards, so that the normal quantiles can stand in theta until they are used.
    for (Eigen::Index i = mean_.size() - 1; i >= 0; --i) {
      double x = mean_[i];
      for (Eigen::Index j = 0; j <= i; ++j) x += root_(i, j) * theta[first_ + static_cast<std::size_t>(j)];
      theta[first_ + static_cast<std::size_t>(i)] = x;
    }
  }
  void to_unit(std::span<const double> theta, std::span<double> u) const override {
    whiten(theta, u.subspan(unit_, dim()));
    for (double& x : u.subspan(unit_, dim())) x = normal_cdf(x);
  }
  double log_density(std::span<const double> theta) const override {
    std::vector<double> z(dim());
    whiten(theta, z);
    double sum = 0;
    for (double x : z) sum += x * x;
    return log_norm_ - 0.5 * sum;
  }

 private:
  void whiten(std::span<const double> theta, std::span<double> z) const {
    for (Eigen::Index i = 0; i < mean_.size(); ++i) {
      double x = theta[first_ + static_cast<std::size_t>(i)] - mean_[i];
      for (Eigen::Index j = 0; j < i; ++j) x -= root_(i, j) * z[static_cast<std::size_t>(j)];
      z[static_cast<std::size_t>(i)] = x / root_(i, i);
    }
  }

  static Eigen::MatrixXd matrix(const Config& rows, std::size_t n, const char* what) {
    Eigen::MatrixXd m(n, n);
    VALIDATE(rows.elements().size() == n, "'{}' must be a list of {} rows", what, n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::vector<Config>& row = rows.elements()[i].elements();
      VALIDATE(row.size() == n, "row {} of '{}' must be a list of {} numbers", i + 1, what, n);
      for (std::size_t j = 0; j < n; ++j) {
        const auto number = parse_number(row[j].text());
        VALIDATE(number && std::isfinite(*number), "row {} of '{}': '{}' is not a number", i + 1, what, row[j].text());
        m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = *number;
      }
    }
    VALIDATE((m - m.transpose()).cwiseAbs().maxCoeff() <= 1e-12 * m.cwiseAbs().maxCoeff(),
             "'{}' is not symmetric, write the same number on both sides of the diagonal", what);
    return m;
  }

  static Eigen::MatrixXd covariance(const Options& o) {
    const std::size_t n = o.names.size();
    if (!o.covariance.is_null()) {
      VALIDATE(o.sigma.empty() && o.correlation.is_null(), "'covariance' already holds the widths, leave 'sigma' and 'correlation' out");
      return matrix(o.covariance, n, "covariance");
    }
    VALIDATE(o.sigma.size() == n, "'sigma' has {} numbers for {} names, give one each (or a covariance)", o.sigma.size(), n);
    const auto size = static_cast<Eigen::Index>(n);
    const Eigen::MatrixXd correlation = o.correlation.is_null() ? Eigen::MatrixXd::Identity(size, size) : matrix(o.correlation, n, "correlation");
    VALIDATE((correlation.diagonal().array() == 1.0).all(), "'correlation' must have 1 on its diagonal (use 'covariance' for widths)");
    const Eigen::VectorXd sigma = Eigen::Map<const Eigen::VectorXd>(o.sigma.data(), size);
    return sigma.asDiagonal() * correlation * sigma.asDiagonal();
  }

  std::vector<Column> columns_;
  std::size_t first_, unit_;
  Eigen::VectorXd mean_;
  Eigen::MatrixXd root_;
  double log_norm_ = 0.0;
};

[[maybe_unused]] const bool added =
    BlockRegistry::instance().add<CorrelatedNormal>("correlated_normal", "Several parameters with a joint normal distribution");

}  // namespace
}  // namespace umbra
