// A Gaussian process (Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006) for small sets; draws from it vote.

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.h"
#include "src/learning/committee.h"
#include "src/samplers/archive.h"
#include "src/space/normal.h"

namespace umbra {
namespace {

/// Squared-exponential kernel of unit amplitude over points of the unit cube: k(a, b) = exp(-|a - b|^2 / 2 l^2), noise variance s on the diagonal.
/// Mean k' K^-1 y, variance 1 + s - k' K^-1 k (eqs. 2.25 and 2.26), times the variance of y.
/// Each vote is the mean and so many standard deviations: the quantiles of equal probability.
class ProcessVoters final : public Voters {
 public:
  ProcessVoters(std::size_t dim, std::vector<float> x, std::vector<double> weights, std::vector<double> inverse_root, double length, double mean, double scale, bool classes, std::size_t votes)
      : dim_(dim), x_(std::move(x)), weights_(std::move(weights)), inverse_root_(std::move(inverse_root)), length_(length), mean_(mean), scale_(scale), classes_(classes), votes_(votes) {}
  explicit ProcessVoters(std::istream& in) {
    load_archive(in, dim_, x_, weights_, inverse_root_, length_, mean_, scale_, classes_, votes_);
    const std::size_t n = weights_.size();
    VALIDATE(dim_ > 0 && votes_ > 0 && x_.size() == n * dim_ && inverse_root_.size() == n * n, "the Gaussian process does not fit together: the file is damaged; train the model again");
  }

  std::size_t votes() const override { return votes_; }

  void predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const override {
    EXPECT(dim == dim_);
    const auto n = static_cast<Eigen::Index>(weights_.size());
    const Eigen::Map<const Eigen::MatrixXd> inverse_root(inverse_root_.data(), n, n);
    const Eigen::Map<const Eigen::VectorXd> weights(weights_.data(), n);
    Eigen::VectorXd k(n);
    for (std::size_t i = 0; i * dim < x.size(); ++i) {
      for (Eigen::Index j = 0; j < n; ++j) {
        double sum = 0.0;
        for (std::size_t d = 0; d < dim; ++d) {
          const double difference = static_cast<double>(x[i * dim + d]) - x_[static_cast<std::size_t>(j) * dim + d];
          sum += difference * difference;
        }
        k[j] = std::exp(-0.5 * sum / (length_ * length_));
      }
      const double mean = k.dot(weights);
      const double deviation = std::sqrt(std::max(1e-12, 1.0 - (inverse_root.triangularView<Eigen::Lower>() * k).squaredNorm()));
      for (std::size_t v = 0; v < votes_; ++v) {
        const double z = normal_quantile((static_cast<double>(v) + 0.5) / static_cast<double>(votes_));
        const double value = mean_ + scale_ * (mean + deviation * z);
        votes[i * stride + v] = static_cast<float>(classes_ ? std::clamp(value, 0.0, 1.0) : value);
      }
    }
  }

  void save(std::ostream& out) const override { save_archive(out, dim_, x_, weights_, inverse_root_, length_, mean_, scale_, classes_, votes_); }

 private:
  std::size_t dim_ = 0;
  std::vector<float> x_;               ///< [n x dim]
  std::vector<double> weights_;        ///< K^-1 y
  std::vector<double> inverse_root_;   ///< L^-1 of K = L L'
  double length_ = 1.0, mean_ = 0.0, scale_ = 1.0;
  bool classes_ = true;
  std::size_t votes_ = 1;
};

class GaussianProcess final : public Committee {
 public:
  struct Options {
    std::size_t votes = 16;
    double noise = 0.01;
    std::size_t max_points = 2000;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("votes", &Options::votes, "quantiles of the process that vote", at_least(2));
    o.add("noise", &Options::noise, "variance of the noise, in units of the variance of the target", above(0.0));
    o.add("max_points", &Options::max_points, "training points that it takes at most: the cost grows with their cube", between(2, 10000));
    return o;
  }
  GaussianProcess(const Options& options, const CommitteeContext& context) : options_(options), context_(context) {}

  std::size_t parts() const override { return 1; }
  std::uint64_t most_points() const override { return options_.max_points; }

  std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t, std::uint64_t) const override {
    VALIDATE(set.size() <= options_.max_points, "{} training points are too many for a Gaussian process: at most max_points: {}, or take a forest", set.size(), options_.max_points);
    const auto n = static_cast<Eigen::Index>(set.size());
    const double mean = std::accumulate(set.y.begin(), set.y.end(), 0.0) / static_cast<double>(n);
    Eigen::VectorXd y(n);
    for (Eigen::Index i = 0; i < n; ++i) y[i] = set.y[static_cast<std::size_t>(i)] - mean;
    const double scale = y.norm() > 0.0 ? y.norm() / std::sqrt(static_cast<double>(n)) : 1.0;
    y /= scale;
    Eigen::MatrixXd distance(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j <= i; ++j) {
        double sum = 0.0;
        for (std::size_t d = 0; d < set.dim; ++d) {
          const double difference = static_cast<double>(set.x[static_cast<std::size_t>(i) * set.dim + d]) - set.x[static_cast<std::size_t>(j) * set.dim + d];
          sum += difference * difference;
        }
        distance(i, j) = distance(j, i) = sum;
      }
    // The length of largest marginal likelihood (eq. 2.30) on a ladder.
    double best = -std::numeric_limits<double>::infinity(), length = 1.0;
    Eigen::LLT<Eigen::MatrixXd> root;
    for (double l = 0.05; l < 20.0; l *= 1.5) {
      const Eigen::LLT<Eigen::MatrixXd> tried = decompose(distance, l);
      if (tried.info() != Eigen::Success) continue;
      const double evidence = -0.5 * y.dot(tried.solve(y)) - tried.matrixLLT().diagonal().array().log().sum();
      if (evidence <= best) continue;
      best = evidence;
      length = l;
      root = tried;
    }
    const Eigen::VectorXd weights = root.solve(y);
    const Eigen::MatrixXd inverse_root = root.matrixL().solve(Eigen::MatrixXd::Identity(n, n));
    return std::make_unique<ProcessVoters>(set.dim, std::vector<float>(set.x.begin(), set.x.end()), std::vector<double>(weights.data(), weights.data() + n),
                                           std::vector<double>(inverse_root.data(), inverse_root.data() + n * n), length, mean, scale, context_.classes, options_.votes);
  }
  std::unique_ptr<Voters> load(std::istream& in, std::size_t) const override { return std::make_unique<ProcessVoters>(in); }

 private:
  Eigen::LLT<Eigen::MatrixXd> decompose(const Eigen::MatrixXd& distance, double length) const {
    Eigen::MatrixXd kernel = (distance.array() * (-0.5 / (length * length))).exp();
    kernel.diagonal().array() += options_.noise;
    return Eigen::LLT<Eigen::MatrixXd>(kernel);
  }

  Options options_;
  CommitteeContext context_;
};

[[maybe_unused]] const bool registered =
    CommitteeRegistry::instance().add<GaussianProcess>("gaussian_process", "a Gaussian process for up to a few thousand points; knows where it has seen none", "Rasmussen and Williams 2006");

}  // namespace
}  // namespace umbra
