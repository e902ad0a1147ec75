#include "src/samplers/nested/slice_chain.h"

#include <cmath>

namespace umbra {
namespace {
/// The rows of a random rotation (Gram-Schmidt of normal numbers).
std::vector<double> random_rotation(std::size_t dim, RandomStream& stream) {
  std::vector<double> rows(dim * dim);
  for (std::size_t i = 0; i < dim; ++i) {
    double* row = &rows[i * dim];
    for (std::size_t j = 0; j < dim; ++j) row[j] = stream.normal();
    for (std::size_t k = 0; k < i; ++k) {
      const double* other = &rows[k * dim];
      double along = 0.0;
      for (std::size_t j = 0; j < dim; ++j) along += row[j] * other[j];
      for (std::size_t j = 0; j < dim; ++j) row[j] -= along * other[j];
    }
    double norm2 = 0.0;
    for (std::size_t j = 0; j < dim; ++j) norm2 += row[j] * row[j];
    for (std::size_t j = 0; j < dim; ++j) row[j] /= std::sqrt(norm2);
  }
  return rows;
}
/// An interval that has shrunk so often is down to rounding: the point stays.
constexpr unsigned most_misses = 100;
/// A slice through the points of a cell first has an interval of so many of their standard deviations (a uniform one has 3.5).
constexpr double interval = 4.0;
}  // namespace

SliceChain::SliceChain(std::shared_ptr<const Region> region, std::shared_ptr<const Neighbourhoods> near, std::span<const double> start, double contour, unsigned draws, unsigned moves)
    : region_(std::move(region)), near_(std::move(near)), start_(start.begin(), start.end()), u_(start.begin(), start.end()), contour_(contour), draws_left_(draws), moves_left_(moves) {}

void SliceChain::begin_move(RandomStream& stream) {
  const std::size_t dim = u_.size();
  misses_ = 0;
  in_move_ = true;
  local_ = moves_left_ % 2 == 1;
  if (local_) {
    std::vector<double> x(dim), step(dim);
    region_->turn(u_, x);
    cell_ = near_->choose(x, stream);
    if (near_->direction(cell_, x, stream, step)) {
      const double low = -stream.uniform();
      chord_ = region_->line(u_, step, interval * low, interval * (low + 1.0));
      return;
    }
    local_ = false;
  }
  if (rotation_.empty()) rotation_ = random_rotation(dim, stream);
  chord_ = region_->chord(u_, std::span<const double>(rotation_).last(dim), stream);
  rotation_.resize(rotation_.size() - dim);
  inverse_height_ = static_cast<double>(region_->multiplicity(u_)) / stream.uniform();
}

void SliceChain::miss() {
  (t_ < 0.0 ? chord_.low : chord_.high) = t_;
  if (++misses_ < most_misses) return;
  in_move_ = false;
  --moves_left_;
}

bool SliceChain::allowed() const {
  if (!local_) return static_cast<double>(region_->multiplicity(proposed_)) <= inverse_height_;
  std::vector<double> x(u_.size());
  region_->turn(proposed_, x);
  return near_->contains(cell_, x);
}

bool SliceChain::propose(RandomStream stream, std::vector<double>& u) {
  proposed_.resize(u_.size());
  if (draws_left_ > 0) {
    region_->draw(stream, proposed_);
    u = proposed_;
    return true;
  }
  while (moves_left_ > 0) {
    if (!in_move_) begin_move(stream);
    t_ = stream.uniform(chord_.low, chord_.high);
    region_->at(chord_, t_, proposed_);
    if (allowed()) {
      u = proposed_;
      return true;
    }
    miss();
  }
  return false;
}

void SliceChain::tell(TaskId id, double log_likelihood) {
  const bool drawn = draws_left_ > 0, inside = log_likelihood > contour_;
  if (drawn) --draws_left_;
  if (!inside) return drawn ? void() : miss();
  u_ = proposed_;
  id_ = id;
  log_likelihood_ = log_likelihood;
  moved_ = true;
  in_move_ = false;
  if (drawn) draws_left_ = moves_left_ = 0;
  else --moves_left_;
}

}  // namespace umbra
