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
/// A few points are by themselves where they and all others are apart even if larger by this factor.
constexpr double few_apart = 1.2;

using Eigen::MatrixXd;
using Eigen::VectorXd;

double log_unit_ball(std::size_t dim) {
  const double half = 0.5 * static_cast<double>(dim);
  return half * std::log(std::numbers::pi) - std::lgamma(half + 1.0);
}

/// An ellipsoid around some points.
struct Fit {
  VectorXd centre;
  MatrixXd factor;    ///< of the covariance
  MatrixXd whitened;  ///< [dim x members]
  double log_volume = std::numeric_limits<double>::infinity();
  double radius = 0.0;
};

/// A node of the tree of splits, in coordinates whitened by all points.
struct Node {
  std::vector<int> members;
  Fit fit;
  double log_volume = std::numeric_limits<double>::infinity();  ///< with its splits
  std::unique_ptr<Node> left, right;
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

double log_sum(double a, double b) {
  const double high = std::max(a, b);
  return std::isfinite(high) ? high + std::log(std::exp(a - high) + std::exp(b - high)) : high;
}

/// Builds the tree below a node, then keeps the splits that save volume.
void grow(Node& node, const MatrixXd& points, Fit f) {
  node.fit = f;
  node.log_volume = f.log_volume;
  const auto dim = points.rows();
  if (node.members.size() < 2 * static_cast<std::size_t>(dim + 3)) return;
  std::pair<std::vector<int>, std::vector<int>> best;
  Fit best_left, best_right;
  double best_volume = std::numeric_limits<double>::infinity();
  const MatrixXd plain = select(points, node.members);
  Eigen::Index farthest = 0;
  f.whitened.colwise().squaredNorm().maxCoeff(&farthest);
  for (int way = 0; way < 3; ++way) {
    auto groups = way == 0   ? cut(plain, longest_axis(f.factor), node.members)
                  : way == 1 ? cut(f.whitened, most_two_humped(f.whitened), node.members)
                             : cut(f.whitened, f.whitened.col(farthest), node.members, true);
    if (groups.first.empty() || groups.second.empty()) continue;
    Fit left = fit(points, groups.first), right = fit(points, groups.second);
    const std::size_t least = static_cast<std::size_t>(dim) + 3;
    if (groups.first.size() < least) left = fit_few(points, groups.first, right, groups.second.size());
    else if (groups.second.size() < least) right = fit_few(points, groups.second, left, groups.first.size());
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
  grow(*node.left, points, std::move(best_left));
  grow(*node.right, points, std::move(best_right));
  const double split = log_sum(node.left->log_volume, node.right->log_volume);
  if (split < node.log_volume - least_gain) {
    node.log_volume = split;
  } else {
    node.left.reset();
    node.right.reset();
  }
}

void leaves(Node& node, std::vector<Fit>& all) {
  if (!node.left) {
    all.push_back(std::move(node.fit));
    return;
  }
  leaves(*node.left, all);
  leaves(*node.right, all);
}

/// Gives each point to the ellipsoid that it is deepest in, and fits again, as long as that saves volume.
std::vector<Fit> settle(const MatrixXd& points, std::vector<Fit> fits) {
  for (int round = 0; round < 4 && fits.size() > 1; ++round) {
    std::vector<std::vector<int>> members(fits.size());
    MatrixXd depth(static_cast<Eigen::Index>(fits.size()), points.cols());
    for (std::size_t e = 0; e < fits.size(); ++e) {
      MatrixXd x = points.colwise() - fits[e].centre;
      fits[e].factor.triangularView<Eigen::Lower>().solveInPlace(x);
      depth.row(static_cast<Eigen::Index>(e)) = x.colwise().squaredNorm() / (fits[e].radius * fits[e].radius);
    }
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
      Eigen::Index best = 0;
      depth.col(i).minCoeff(&best);
      members[static_cast<std::size_t>(best)].push_back(static_cast<int>(i));
    }
    std::vector<Fit> next;
    double before = -std::numeric_limits<double>::infinity(), after = before;
    for (std::size_t e = 0; e < fits.size(); ++e) {
      before = log_sum(before, fits[e].log_volume);
      if (members[e].empty()) continue;
      next.push_back(fit(points, members[e]));
      after = log_sum(after, next.back().log_volume);
    }
    if (!(after < before)) break;
    fits = std::move(next);
  }
  return fits;
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

Region::Region(std::size_t dim, std::span<const double> points, const std::vector<bool>& periodic, const Region* earlier) : Region(dim) {
  const std::size_t n = points.size() / dim;
  if (n < dim + 3) return;
  for (std::size_t j = 0; j < dim; ++j) {
    if (j >= periodic.size() || !periodic[j]) continue;
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = points[i * dim + j];
    shift_[j] = gap_end(std::move(values));
  }
  std::vector<double> turned(n * dim);
  for (std::size_t i = 0; i < n; ++i) turn(points.subspan(i * dim, dim), &turned[i * dim]);

  // The last points of a mode tell little of its shape: they leave its ellipsoids as they are.
  std::vector<int> rest(n);
  std::iota(rest.begin(), rest.end(), 0);
  const std::size_t few = 2 * (dim + 3);
  if (earlier && earlier->num_islands_ > 1 && earlier->shift_ == shift_) {
    std::vector<std::vector<int>> held(static_cast<std::size_t>(earlier->num_islands_));
    for (const int i : rest) held[static_cast<std::size_t>(earlier->island_[earlier->nearest(&turned[static_cast<std::size_t>(i) * dim])])].push_back(i);
    for (std::size_t island = 0; island < held.size(); ++island) {
      if (held[island].empty() || held[island].size() >= few || n - held[island].size() < few) continue;
      Region own(dim);
      own.shift_ = shift_;
      own.cover(turned, held[island]);
      Region kept(dim);
      for (std::size_t e = 0; e < earlier->num_ellipsoids(); ++e)
        if (earlier->island_[e] == static_cast<int>(island)) kept.take(*earlier, e);
      const bool smaller = own.num_ellipsoids() > 0 && own.log_volume() < kept.log_volume();
      const Region& chosen = smaller ? own : kept;
      for (std::size_t e = 0; e < chosen.num_ellipsoids(); ++e) take(chosen, e);
      std::erase_if(rest, [&](int i) { return std::find(held[island].begin(), held[island].end(), i) != held[island].end(); });
    }
  }
  if (rest.size() < few) {
    rest.resize(n);
    std::iota(rest.begin(), rest.end(), 0);
    centre_.clear(), axes_.clear(), inverse_.clear(), log_volume_.clear();
  }
  cover(turned, rest);
  if (log_volume_.empty()) return;
  num_islands_ = group(1.1, island_);
  num_modes_ = group(1.5, mode_);
}

void Region::take(const Region& other, std::size_t e) {
  const auto copy = [&](std::vector<double>& to, const std::vector<double>& from, std::size_t size) {
    to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(e * size), from.begin() + static_cast<std::ptrdiff_t>((e + 1) * size));
  };
  copy(centre_, other.centre_, dim_);
  copy(axes_, other.axes_, dim_ * dim_);
  copy(inverse_, other.inverse_, dim_ * dim_);
  log_volume_.push_back(other.log_volume_[e]);
}

void Region::cover(const std::vector<double>& turned, const std::vector<int>& members) {
  const auto d = static_cast<Eigen::Index>(dim_);
  const MatrixXd x = select(Eigen::Map<const MatrixXd>(turned.data(), d, static_cast<Eigen::Index>(turned.size() / dim_)), members);
  std::vector<int> all(members.size());
  std::iota(all.begin(), all.end(), 0);
  const Fit whole = fit(x, all);
  if (!std::isfinite(whole.log_volume)) return;

  Node root;
  root.members = all;
  grow(root, whole.whitened, fit(whole.whitened, all));
  std::vector<Fit> kept;
  leaves(root, kept);
  kept = settle(whole.whitened, std::move(kept));
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  for (const Fit& leaf : kept) {
    const VectorXd centre = whole.centre + whole.factor * leaf.centre;
    const RowMajor axes = (leaf.radius * whole.factor * leaf.factor).triangularView<Eigen::Lower>();
    const RowMajor inverse = axes.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(d, d));
    centre_.insert(centre_.end(), centre.data(), centre.data() + d);
    axes_.insert(axes_.end(), axes.data(), axes.data() + d * d);
    inverse_.insert(inverse_.end(), inverse.data(), inverse.data() + d * d);
    log_volume_.push_back(log_unit_ball(dim_) + axes.diagonal().array().log().sum());
  }
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

std::size_t Region::nearest(const double* x) const {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t e = 0; e < log_volume_.size(); ++e) {
    const double r = distance2(e, x, least);
    if (r < least) least = r, best = e;
  }
  return best;
}

int Region::mode(std::span<const double> u) const {
  if (num_modes_ == 1) return 0;
  std::vector<double> x(dim_);
  turn(u, x.data());
  return mode_[nearest(x.data())];
}

int Region::group(double apart, std::vector<int>& names) const {
  const std::size_t n = log_volume_.size();
  names.resize(n);
  std::iota(names.begin(), names.end(), 0);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      if (names[a] == names[b]) continue;
      // Along the line between the centres each reaches 1/distance of the way.
      const double ab = std::sqrt(distance2(a, &centre_[b * dim_])), ba = std::sqrt(distance2(b, &centre_[a * dim_]));
      if (apart / ab + apart / ba < 1.0) continue;
      const int from = names[b], to = names[a];
      std::replace(names.begin(), names.end(), from, to);
    }
  }
  std::vector<int> seen;
  for (int& name : names) {
    const auto found = std::find(seen.begin(), seen.end(), name);
    if (found == seen.end()) seen.push_back(name);
    name = static_cast<int>(std::find(seen.begin(), seen.end(), name) - seen.begin());
  }
  return static_cast<int>(seen.size());
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
  cut_to_cube(chord);
  return chord;
}

Region::Chord Region::line(std::span<const double> u, std::span<const double> step, double low, double high) const {
  Chord chord{std::vector<double>(dim_), std::vector<double>(step.begin(), step.end()), low, high};
  turn(u, chord.start.data());
  cut_to_cube(chord);
  return chord;
}

void Region::cut_to_cube(Chord& chord) const {
  for (std::size_t i = 0; i < dim_; ++i) {
    if (chord.step[i] == 0.0) continue;
    const double a = -chord.start[i] / chord.step[i], b = (1.0 - chord.start[i]) / chord.step[i];
    chord.low = std::max(chord.low, std::min(a, b));
    chord.high = std::min(chord.high, std::max(a, b));
  }
}

void Region::at(const Chord& chord, double t, std::span<double> u) const {
  for (std::size_t j = 0; j < dim_; ++j) {
    const double x = std::clamp(chord.start[j] + t * chord.step[j], 0.0, 1.0);
    u[j] = shift_[j] == 0.0 ? x : x + shift_[j] - std::floor(x + shift_[j]);
  }
}

}  // namespace umbra
