#include "src/samplers/nested/region.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>

namespace umbra {
namespace {
/// An ellipsoid of n points is larger by the volume 1 + margin / n than the one that leave-one-out needs. What is then missed of a
/// contour is below a thousandth in the problems of the benchmark (of eggbox, a fiftieth would be missed without).
constexpr double margin = 30.0;
/// A split that saves less than this of ln volume follows the noise of the sample.
constexpr double least_gain = 0.1;
/// Ellipsoids that stay apart even if larger by this factor are different modes.
constexpr double apart = 1.5;
/// The same for a few points and all the others, whose surface is well known.
constexpr double few_apart = 1.2;

using Eigen::MatrixXd;
using Eigen::VectorXd;

double log_unit_ball(std::size_t dim) {
  const double half = 0.5 * static_cast<double>(dim);
  return half * std::log(std::numbers::pi) - std::lgamma(half + 1.0);
}

/// A node of the tree of splits, in coordinates whitened by all points.
struct Node {
  std::vector<int> members;
  VectorXd centre;
  MatrixXd axes;  ///< of the ellipsoid, lower triangular
  double log_volume = std::numeric_limits<double>::infinity();
  std::unique_ptr<Node> left, right;
};

struct Fit {
  VectorXd centre;
  MatrixXd factor;    ///< of the covariance
  MatrixXd whitened;  ///< [dim x members]
  double log_volume = std::numeric_limits<double>::infinity();
  double radius = 0.0;
};

/// The ellipsoids of an earlier, wider contour, in the coordinates of the tree.
struct Ellipsoids {
  std::vector<VectorXd> centres;
  std::vector<MatrixXd> axes;
  std::vector<double> log_volumes;
  std::vector<std::vector<int>> few;  ///< the points of those that hold only a few now
};

/// What the tree is made from.
struct Sample {
  MatrixXd points;  ///< [dim x num_points]
  Ellipsoids earlier;
};

MatrixXd select(const MatrixXd& points, const std::vector<int>& members) {
  MatrixXd x(points.rows(), static_cast<Eigen::Index>(members.size()));
  for (Eigen::Index i = 0; i < x.cols(); ++i) x.col(i) = points.col(members[static_cast<std::size_t>(i)]);
  return x;
}

/// The ellipsoid of the members' covariance that holds each of them as the others see it.
Fit fit(const MatrixXd& points, const std::vector<int>& members) {
  Fit f;
  const auto dim = points.rows();
  const auto n = static_cast<Eigen::Index>(members.size());
  if (n < dim + 3) return f;
  MatrixXd x = select(points, members);
  f.centre = x.rowwise().mean();
  x.colwise() -= f.centre;
  MatrixXd covariance = MatrixXd::Zero(dim, dim);
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(x, 1.0 / static_cast<double>(n - 1));
  covariance.diagonal().array() += 1e-14 * covariance.trace() + 1e-300;
  const Eigen::LLT<MatrixXd, Eigen::Lower> llt(covariance);
  if (llt.info() != Eigen::Success) return f;
  f.factor = llt.matrixL();
  f.whitened = f.factor.triangularView<Eigen::Lower>().solve(x);
  // Mahalanobis distance to the centre and covariance of the other points, from that of all (a rank-one downdate).
  const double count = static_cast<double>(n);
  double largest = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double q = f.whitened.col(i).squaredNorm() / (count - 1.0);
    const double left = 1.0 - q * count / (count - 1.0);
    if (left <= 0.0) return f;  // the covariance of the others is singular
    const double ratio = count / (count - 1.0);
    largest = std::max(largest, (count - 2.0) * ratio * ratio * q / left);
  }
  const double d = static_cast<double>(dim);
  f.radius = std::sqrt(largest) * std::exp(std::log1p(margin / count) / d);
  f.log_volume = log_unit_ball(dim) + d * std::log(f.radius) + f.factor.diagonal().array().log().sum();
  return f;
}

/// A few points far from all others, too few to show a shape: an ellipsoid of their sibling's shape that holds them, and at least their
/// share of the volume. Without it the last points of a dying mode would stretch the ellipsoid of another one over all that lies between.
Fit fit_few(const MatrixXd& points, const std::vector<int>& members, const Fit& sibling, std::size_t sibling_members) {
  Fit f;
  if (members.empty() || !std::isfinite(sibling.log_volume)) return f;
  const double n = static_cast<double>(members.size()), d = static_cast<double>(points.rows());
  MatrixXd x = select(points, members);
  const VectorXd centre = x.rowwise().mean();
  x.colwise() -= centre;
  const auto lower = sibling.factor.triangularView<Eigen::Lower>();
  const MatrixXd whitened = lower.solve(x);
  const double reach = std::sqrt(whitened.colwise().squaredNorm().maxCoeff()) * n / std::max(1.0, n - 1.0);
  const double share = sibling.radius * std::pow(n / static_cast<double>(sibling_members), 1.0 / d);
  const double radius = std::max(reach, share) * std::exp(std::log1p(margin / n) / d);
  const double distance = lower.solve(VectorXd(centre - sibling.centre)).norm();
  if (distance < few_apart * (radius + sibling.radius)) return f;
  f.centre = centre;
  f.factor = sibling.factor;
  f.whitened = whitened;
  f.radius = radius;
  f.log_volume = sibling.log_volume + d * std::log(radius / sibling.radius);
  return f;
}

/// An ellipsoid that held a few points at an earlier contour still does, and may be smaller than what the few that are left can tell.
void recall(Fit& f, const Sample& sample, const std::vector<int>& members) {
  const auto few = 3 * (sample.points.rows() + 3);
  if (members.empty() || static_cast<Eigen::Index>(members.size()) > few) return;
  for (std::size_t e = 0; e < sample.earlier.centres.size(); ++e) {
    if (sample.earlier.log_volumes[e] >= f.log_volume) continue;
    MatrixXd x = select(sample.points, members);
    x.colwise() -= sample.earlier.centres[e];
    sample.earlier.axes[e].triangularView<Eigen::Lower>().solveInPlace(x);
    if (x.colwise().squaredNorm().maxCoeff() > 1.0) continue;
    f = {sample.earlier.centres[e], sample.earlier.axes[e], std::move(x), sample.earlier.log_volumes[e], 1.0};
  }
}

VectorXd longest_axis(const MatrixXd& factor) {
  VectorXd v = factor.rowwise().norm();
  for (int i = 0; i < 8; ++i) v = (factor * (factor.transpose() * v)).normalized();
  return v;
}

/// The direction in which whitened points have the least kurtosis (two humps have the least of all): fixed-point steps from the
/// coordinate of least kurtosis.
VectorXd most_two_humped(const MatrixXd& z) {
  const auto n = static_cast<double>(z.cols());
  Eigen::Index best = 0;
  (z.array().square().square().rowwise().sum()).minCoeff(&best);
  VectorXd w = VectorXd::Unit(z.rows(), best);
  for (int i = 0; i < 6; ++i) {
    const VectorXd projected = z.transpose() * w;
    w = (3.0 * w - z * projected.array().cube().matrix() / n).normalized();
  }
  return w;
}

/// Two groups by k-means, from a cut across a direction, through the mean or, if `far`, halfway to the farthest point. `x` [dim x members].
std::pair<std::vector<int>, std::vector<int>> cut(const MatrixXd& x, const VectorXd& direction, const std::vector<int>& members, bool far = false) {
  VectorXd side = x.transpose() * direction;
  side.array() -= far ? 0.5 * side.maxCoeff() : side.mean();
  for (int iteration = 0; iteration < 5; ++iteration) {
    VectorXd a = VectorXd::Zero(x.rows()), b = a;
    double na = 0.0, nb = 0.0;
    for (Eigen::Index i = 0; i < x.cols(); ++i) {
      if (side[i] > 0.0) a += x.col(i), ++na;
      else b += x.col(i), ++nb;
    }
    if (na == 0.0 || nb == 0.0) break;
    a /= na;
    b /= nb;
    const VectorXd next = (x.transpose() * (a - b)).array() - 0.5 * (a.squaredNorm() - b.squaredNorm());
    const bool same = ((next.array() > 0.0) == (side.array() > 0.0)).all();
    side = next;
    if (same) break;
  }
  std::pair<std::vector<int>, std::vector<int>> groups;
  for (Eigen::Index i = 0; i < x.cols(); ++i) (side[i] > 0.0 ? groups.first : groups.second).push_back(members[i]);
  return groups;
}

/// Those of the members (ascending) that are among some others (ascending), and the rest.
std::pair<std::vector<int>, std::vector<int>> part(const std::vector<int>& members, const std::vector<int>& some) {
  std::pair<std::vector<int>, std::vector<int>> groups;
  for (const int i : members) (std::binary_search(some.begin(), some.end(), i) ? groups.first : groups.second).push_back(i);
  return groups;
}

double log_sum(double a, double b) {
  const double high = std::max(a, b);
  return std::isfinite(high) ? high + std::log(std::exp(a - high) + std::exp(b - high)) : high;
}

/// Builds the tree below a node, then keeps the splits that save volume.
void grow(Node& node, const Sample& sample, Fit f) {
  const MatrixXd& points = sample.points;
  node.centre = f.centre;
  node.axes = f.factor * f.radius;
  node.log_volume = f.log_volume;
  const auto dim = points.rows();
  if (node.members.size() < 2 * static_cast<std::size_t>(dim + 3)) return;
  std::pair<std::vector<int>, std::vector<int>> best;
  Fit best_left, best_right;
  double best_volume = std::numeric_limits<double>::infinity();
  const MatrixXd plain = select(points, node.members);
  Eigen::Index farthest = 0;
  f.whitened.colwise().squaredNorm().maxCoeff(&farthest);
  const std::size_t num_ways = 3 + sample.earlier.few.size();
  for (std::size_t way = 0; way < num_ways; ++way) {
    auto groups = way == 0   ? cut(plain, longest_axis(f.factor), node.members)
                  : way == 1 ? cut(f.whitened, most_two_humped(f.whitened), node.members)
                  : way == 2 ? cut(f.whitened, f.whitened.col(farthest), node.members, true)
                             : part(node.members, sample.earlier.few[way - 3]);
    if (groups.first.empty() || groups.second.empty()) continue;
    Fit left = fit(points, groups.first), right = fit(points, groups.second);
    const std::size_t least = static_cast<std::size_t>(dim) + 3;
    if (groups.first.size() < least) left = fit_few(points, groups.first, right, groups.second.size());
    else if (groups.second.size() < least) right = fit_few(points, groups.second, left, groups.first.size());
    recall(left, sample, groups.first);
    recall(right, sample, groups.second);
    const double volume = log_sum(left.log_volume, right.log_volume);
    if (volume < best_volume) {
      best_volume = volume;
      best = std::move(groups);
      best_left = std::move(left);
      best_right = std::move(right);
    }
  }
  if (!std::isfinite(best_volume)) return;
  node.left = std::make_unique<Node>();
  node.right = std::make_unique<Node>();
  node.left->members = std::move(best.first);
  node.right->members = std::move(best.second);
  grow(*node.left, sample, std::move(best_left));
  grow(*node.right, sample, std::move(best_right));
  const double split = log_sum(node.left->log_volume, node.right->log_volume);
  if (split < node.log_volume - least_gain) {
    node.log_volume = split;
  } else {
    node.left.reset();
    node.right.reset();
  }
}

void leaves(const Node& node, std::vector<const Node*>& all) {
  if (!node.left) {
    all.push_back(&node);
    return;
  }
  leaves(*node.left, all);
  leaves(*node.right, all);
}

/// Where the largest gap between the sorted values on the circle ends.
double gap_end(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double widest = values.front() + 1.0 - values.back(), middle = values.back() + 0.5 * widest;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] - values[i - 1] > widest) {
      widest = values[i] - values[i - 1];
      middle = values[i - 1] + 0.5 * widest;
    }
  }
  return middle - std::floor(middle);
}
}  // namespace

Region::Region(std::size_t dim, std::span<const double> points, const std::vector<bool>& periodic, double stretch, const Region* earlier) : Region(dim) {
  const std::size_t n = points.size() / dim;
  if (n < dim + 3) return;
  for (std::size_t j = 0; j < dim; ++j) {
    if (j >= periodic.size() || !periodic[j]) continue;
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = points[i * dim + j];
    shift_[j] = gap_end(std::move(values));
  }
  const auto d = static_cast<Eigen::Index>(dim);
  MatrixXd x(d, static_cast<Eigen::Index>(n));
  for (std::size_t i = 0; i < n; ++i) turn(points.subspan(i * dim, dim), x.data() + i * dim);
  std::vector<int> all(n);
  std::iota(all.begin(), all.end(), 0);
  const Fit whole = fit(x, all);
  if (!std::isfinite(whole.log_volume)) return;

  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto whitener = whole.factor.triangularView<Eigen::Lower>();
  const double scale = whole.factor.diagonal().array().log().sum();
  Sample sample{whole.whitened, {}};
  for (std::size_t e = 0; earlier && earlier->shift_ == shift_ && e < earlier->num_ellipsoids(); ++e) {
    const VectorXd centre = Eigen::Map<const VectorXd>(&earlier->centre_[e * dim], d) - whole.centre;
    const MatrixXd axes = Eigen::Map<const RowMajor>(&earlier->axes_[e * dim * dim], d, d) / stretch;
    sample.earlier.centres.push_back(whitener.solve(centre));
    sample.earlier.axes.push_back(whitener.solve(axes));
    sample.earlier.log_volumes.push_back(earlier->log_volume_[e] - scale - static_cast<double>(dim) * std::log(stretch));
    std::vector<int> held;
    for (std::size_t i = 0; i < n && held.size() < dim + 3; ++i)
      if (earlier->distance2(e, x.data() + i * dim, 1.0) <= 1.0) held.push_back(static_cast<int>(i));
    if (!held.empty() && held.size() < dim + 3) sample.earlier.few.push_back(std::move(held));
  }
  Node root;
  root.members = all;
  grow(root, sample, fit(sample.points, all));
  std::vector<const Node*> kept;
  leaves(root, kept);
  for (const Node* leaf : kept) {
    const VectorXd centre = whole.centre + whole.factor * leaf->centre;
    const RowMajor axes = (stretch * whole.factor * leaf->axes).triangularView<Eigen::Lower>();
    const RowMajor inverse = axes.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(d, d));
    centre_.insert(centre_.end(), centre.data(), centre.data() + dim);
    axes_.insert(axes_.end(), axes.data(), axes.data() + dim * dim);
    inverse_.insert(inverse_.end(), inverse.data(), inverse.data() + dim * dim);
    log_volume_.push_back(log_unit_ball(dim) + leaf->axes.diagonal().array().log().sum() + scale + static_cast<double>(dim) * std::log(stretch));
  }
  find_modes();
}

double Region::log_volume() const {
  if (log_volume_.empty()) return 0.0;
  double sum = -std::numeric_limits<double>::infinity();
  for (const double v : log_volume_) sum = log_sum(sum, v);
  return std::min(sum, 0.0);
}

void Region::turn(std::span<const double> u, double* x) const {
  for (std::size_t j = 0; j < dim_; ++j) x[j] = shift_[j] == 0.0 ? u[j] : u[j] - shift_[j] - std::floor(u[j] - shift_[j]);
}

double Region::distance2(std::size_t ellipsoid, const double* x, double limit) const {
  const double* centre = &centre_[ellipsoid * dim_];
  const double* row = &inverse_[ellipsoid * dim_ * dim_];
  double sum = 0.0;
  for (std::size_t i = 0; i < dim_ && sum <= limit; ++i, row += dim_) {
    double y = 0.0;
    for (std::size_t j = 0; j <= i; ++j) y += row[j] * (x[j] - centre[j]);
    sum += y * y;
  }
  return sum;
}

std::size_t Region::multiplicity(std::span<const double> u) const {
  if (log_volume_.empty()) return 1;
  std::vector<double> x(dim_);
  turn(u, x.data());
  std::size_t count = 0;
  for (std::size_t e = 0; e < log_volume_.size(); ++e) count += distance2(e, x.data(), 1.0) <= 1.0;
  return count;
}

bool Region::contains(std::span<const double> u) const { return multiplicity(u) > 0; }

int Region::mode(std::span<const double> u) const {
  if (num_modes_ == 1) return 0;
  std::vector<double> x(dim_);
  turn(u, x.data());
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t e = 0; e < log_volume_.size(); ++e) {
    const double r = distance2(e, x.data(), least);
    if (r < least) least = r, best = e;
  }
  return mode_[best];
}

void Region::find_modes() {
  const std::size_t n = log_volume_.size();
  mode_.resize(n);
  std::iota(mode_.begin(), mode_.end(), 0);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      if (mode_[a] == mode_[b]) continue;
      // Along the line between the centres each reaches 1/distance of the way.
      const double ab = std::sqrt(distance2(a, &centre_[b * dim_])), ba = std::sqrt(distance2(b, &centre_[a * dim_]));
      if (apart / ab + apart / ba < 1.0) continue;
      const int from = mode_[b], to = mode_[a];
      std::replace(mode_.begin(), mode_.end(), from, to);
    }
  }
  std::vector<int> names;
  for (int& m : mode_) {
    const auto found = std::find(names.begin(), names.end(), m);
    if (found == names.end()) names.push_back(m);
    m = static_cast<int>(found - names.begin());
  }
  num_modes_ = static_cast<int>(names.size());
}

void Region::draw(RandomStream& stream, std::span<double> u) const {
  // The smaller of the cube and the ellipsoids is filled, and what the other lacks is rejected. A region that fills almost nothing of
  // either gives a point of the cube after a while: that, too, is uniform over the inside of the contour once tested against it.
  constexpr int patience = 100000;
  if (log_volume_.empty()) return stream.fill_uniform(u);
  std::vector<double> x(dim_), ball(dim_);
  const double total = [&] {
    double sum = 0.0;
    for (const double v : log_volume_) sum += std::exp(v - log_volume_[0]);
    return sum;
  }();
  const bool from_cube = std::log(total) + log_volume_[0] >= 0.0;
  for (int attempt = 0; attempt < patience; ++attempt) {
    if (from_cube) {
      stream.fill_uniform(x);
      std::size_t inside = 0;
      while (inside < log_volume_.size() && distance2(inside, x.data(), 1.0) > 1.0) ++inside;
      if (inside == log_volume_.size()) continue;
    } else {
      double pick = stream.uniform() * total;
      std::size_t e = 0;
      while (e + 1 < log_volume_.size() && (pick -= std::exp(log_volume_[e] - log_volume_[0])) > 0.0) ++e;
      double norm2 = 0.0;
      for (double& b : ball) b = stream.normal(), norm2 += b * b;
      const double radius = std::pow(stream.uniform(), 1.0 / static_cast<double>(dim_)) / std::sqrt(norm2);
      const double* row = &axes_[e * dim_ * dim_];
      bool in_cube = true;
      for (std::size_t i = 0; i < dim_ && in_cube; ++i, row += dim_) {
        double sum = 0.0;
        for (std::size_t j = 0; j <= i; ++j) sum += row[j] * ball[j];
        x[i] = centre_[e * dim_ + i] + radius * sum;
        in_cube = x[i] >= 0.0 && x[i] < 1.0;
      }
      if (!in_cube) continue;
      std::size_t count = 1;
      for (std::size_t other = 0; other < log_volume_.size(); ++other) count += other != e && distance2(other, x.data(), 1.0) <= 1.0;
      if (count > 1 && stream.uniform() * static_cast<double>(count) > 1.0) continue;
    }
    for (std::size_t j = 0; j < dim_; ++j) u[j] = shift_[j] == 0.0 ? x[j] : x[j] + shift_[j] - std::floor(x[j] + shift_[j]);
    return;
  }
  stream.fill_uniform(u);
}

Region::Chord Region::chord(std::span<const double> u, std::span<const double> direction, RandomStream& stream) const {
  Chord chord{std::vector<double>(dim_), std::vector<double>(direction.begin(), direction.end()), -HUGE_VAL, HUGE_VAL};
  turn(u, chord.start.data());
  std::size_t chosen = log_volume_.size(), count = 0;
  for (std::size_t e = 0; e < log_volume_.size(); ++e) {
    if (distance2(e, chord.start.data(), 1.0) <= 1.0 && stream.index(++count) == 0) chosen = e;
  }
  if (chosen < log_volume_.size()) {
    double along = 0.0, norm2 = 0.0;
    for (std::size_t i = 0; i < dim_; ++i) {
      const double* row = &axes_[(chosen * dim_ + i) * dim_];
      const double* inverse = &inverse_[(chosen * dim_ + i) * dim_];
      double step = 0.0, y = 0.0;
      for (std::size_t j = 0; j <= i; ++j) {
        step += row[j] * direction[j];
        y += inverse[j] * (chord.start[j] - centre_[chosen * dim_ + j]);
      }
      chord.step[i] = step;
      along += y * direction[i];
      norm2 += y * y;
    }
    const double half = std::sqrt(std::max(0.0, along * along - norm2 + 1.0));
    chord.low = -along - half;
    chord.high = -along + half;
  }
  for (std::size_t i = 0; i < dim_; ++i) {
    if (chord.step[i] == 0.0) continue;
    const double a = -chord.start[i] / chord.step[i], b = (1.0 - chord.start[i]) / chord.step[i];
    chord.low = std::max(chord.low, std::min(a, b));
    chord.high = std::min(chord.high, std::max(a, b));
  }
  return chord;
}

void Region::at(const Chord& chord, double t, std::span<double> u) const {
  for (std::size_t j = 0; j < dim_; ++j) {
    const double x = std::clamp(chord.start[j] + t * chord.step[j], 0.0, 1.0);
    u[j] = shift_[j] == 0.0 ? x : x + shift_[j] - std::floor(x + shift_[j]);
  }
}

}  // namespace umbra
