#pragma once
// The live points of nested sampling, and the modes that they have been seen to fall into.

#include <span>
#include <vector>

#include "src/samplers/nested/evidence.h"
#include "src/samplers/nested/region.h"

namespace umbra {

/// Memory and cost of each call O(num_points dim) at most.
class LivePoints {
 public:
  explicit LivePoints(std::size_t dim = 0) : dim_(dim) {}

  std::size_t size() const { return points_.size(); }
  const NestedPoint& point(std::size_t i) const { return points_[i]; }
  std::span<const double> u(std::size_t i) const { return {&u_[i * dim_], dim_}; }
  std::span<const double> all_u() const { return u_; }
  int mode(std::size_t i) const { return mode_[i]; }

  /// The rank of a likelihood for InsertionRanks. @param uniform breaks ties
  double rank(double log_likelihood, double uniform) const;
  /// The new point takes the mode of the nearest live one.
  void insert(const NestedPoint& point, std::span<const double> u);
  std::vector<std::size_t> lowest() const;  ///< all that share the least likelihood, descending
  void remove(std::size_t i);               ///< the last one takes its place
  /// ln of the mean of the likelihoods, and of their standard deviation.
  struct Level {
    double log_mean, log_deviation;
  };
  Level level() const;

  /// Where points of one mode lie in several modes of the region, these become modes of their own.
  void split_modes(const Region& region);

  /// A mode and what became of it.
  struct Mode {
    int parent = -1;
    double share = 1.0;  ///< of the parent's live points when it split
    bool split = false;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & parent & share & split;
    }
  };
  const std::vector<Mode>& modes() const { return modes_; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & dim_ & u_ & points_ & mode_ & modes_;
  }

 private:
  std::size_t dim_;
  std::vector<double> u_;  ///< [size x dim]
  std::vector<NestedPoint> points_;
  std::vector<int> mode_;
  std::vector<Mode> modes_ = {Mode{}};
};

template <class Archive>
void serialize(Archive& archive, NestedPoint& p, unsigned) {
  archive & p.id & p.log_likelihood & p.birth;
}

}  // namespace umbra
