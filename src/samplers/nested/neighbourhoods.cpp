#include "src/samplers/nested/neighbourhoods.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace umbra {
namespace {
constexpr std::size_t num_partitions = 8;
/// Live points of a cell on average: as many as there are dimensions is as local as can be with all directions spanned.
constexpr std::size_t least_points = 10;
/// How often the covariance is applied to a random vector: an axis of a cell is taken in proportion to its variance to this power, so that
/// the long ones lead.
constexpr int power = 2;
}  // namespace

Neighbourhoods::Neighbourhoods(std::size_t dim, std::vector<double> points, RandomStream stream) : dim_(dim), inverse_spread_(dim, 0.0), points_(std::move(points)) {
  const std::size_t n = points_.size() / dim;
  for (std::size_t j = 0; j < dim; ++j) {
    double sum = 0.0, square = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += points_[i * dim + j];
    const double mean = sum / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) square += std::pow(points_[i * dim + j] - mean, 2);
    if (square > 0.0) inverse_spread_[j] = 1.0 / std::sqrt(square / static_cast<double>(n));
  }
  const std::size_t cells = std::max<std::size_t>(1, n / std::max(least_points, dim));
  std::vector<std::size_t> order(n), cell(n);
  for (std::size_t i = 0; i < n; ++i) order[i] = i;
  for (std::size_t p = 0; p < num_partitions; ++p) {
    Partition partition;
    for (std::size_t c = 0; c < cells; ++c) {
      std::swap(order[c], order[c + stream.index(n - c)]);
      for (std::size_t j = 0; j < dim; ++j) partition.centres.push_back(points_[order[c] * dim + j] * inverse_spread_[j]);
    }
    std::vector<double> x(dim);
    partition.first.assign(cells + 1, 0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < dim; ++j) x[j] = points_[i * dim + j] * inverse_spread_[j];
      cell[i] = nearest(partition, x.data());
      ++partition.first[cell[i] + 1];
    }
    for (std::size_t c = 0; c < cells; ++c) partition.first[c + 1] += partition.first[c];
    std::vector<std::size_t> next(partition.first.begin(), partition.first.end() - 1);
    partition.members.resize(n);
    for (std::size_t i = 0; i < n; ++i) partition.members[next[cell[i]]++] = i;
    partitions_.push_back(std::move(partition));
  }
}

std::size_t Neighbourhoods::nearest(const Partition& partition, const double* x) const {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  const double* centre = partition.centres.data();
  for (std::size_t c = 0; c * dim_ < partition.centres.size(); ++c, centre += dim_) {
    double sum = 0.0;
    for (std::size_t j = 0; j < dim_; ++j) sum += (x[j] - centre[j]) * (x[j] - centre[j]);
    if (sum < least) least = sum, best = c;
  }
  return best;
}

Neighbourhoods::Cell Neighbourhoods::choose(std::span<const double> x, RandomStream& stream) const {
  Cell cell{stream.index(partitions_.size()), 0};
  std::vector<double> y(dim_);
  for (std::size_t j = 0; j < dim_; ++j) y[j] = x[j] * inverse_spread_[j];
  cell.cell = nearest(partitions_[cell.partition], y.data());
  return cell;
}

bool Neighbourhoods::contains(const Cell& cell, std::span<const double> x) const {
  std::vector<double> y(dim_);
  for (std::size_t j = 0; j < dim_; ++j) y[j] = x[j] * inverse_spread_[j];
  return nearest(partitions_[cell.partition], y.data()) == cell.cell;
}

bool Neighbourhoods::direction(const Cell& cell, std::span<const double> x, RandomStream& stream, std::span<double> step) const {
  const Partition& partition = partitions_[cell.partition];
  const std::size_t first = partition.first[cell.cell], size = partition.first[cell.cell + 1] - first;
  if (size < 5) return false;
  std::vector<double> mean(dim_, 0.0), along(dim_), next(dim_), y(dim_);
  const auto point = [&](std::size_t i) { return &points_[partition.members[first + i] * dim_]; };
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < dim_; ++j) mean[j] += point(i)[j] / static_cast<double>(size);
  for (double& v : along) v = stream.normal();
  for (int k = 0; k < power; ++k) {
    double square = 0.0;
    std::fill(next.begin(), next.end(), 0.0);
    for (std::size_t i = 0; i < size; ++i) {
      if (std::equal(x.begin(), x.end(), point(i))) continue;
      double projection = 0.0;
      for (std::size_t j = 0; j < dim_; ++j) {
        y[j] = (point(i)[j] - mean[j]) * inverse_spread_[j];
        projection += y[j] * along[j];
      }
      for (std::size_t j = 0; j < dim_; ++j) next[j] += projection * y[j];
      square += projection * projection;
    }
    if (square == 0.0) return false;
    // One standard deviation of the points in this direction.
    const double scale = 1.0 / std::sqrt(square * static_cast<double>(size));
    for (std::size_t j = 0; j < dim_; ++j) along[j] = next[j] * scale;
  }
  for (std::size_t j = 0; j < dim_; ++j) step[j] = inverse_spread_[j] > 0.0 ? along[j] / inverse_spread_[j] : 0.0;
  return true;
}

double Neighbourhoods::distance2(std::span<const double> a, std::span<const double> b) const {
  double sum = 0.0;
  for (std::size_t j = 0; j < dim_; ++j) sum += std::pow((a[j] - b[j]) * inverse_spread_[j], 2);
  return sum;
}

}  // namespace umbra
