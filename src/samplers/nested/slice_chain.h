#pragma once
// A Markov chain of slice moves within a likelihood contour, one evaluation at a time.

#include <memory>
#include <span>
#include <vector>

#include "src/base/task.h"
#include "src/samplers/nested/neighbourhoods.h"
#include "src/samplers/nested/region.h"

namespace umbra {

/// Slice sampling (Neal, doi:10.1214/aos/1056562461) inside `log_likelihood > contour`, along directions that are whitened by the live
/// points as in PolyChord (arXiv:1506.00171): the columns of random rotations, in the axes of an ellipsoid of the region. The first interval
/// is the whole chord of that ellipsoid and the cube, so that nothing is spent on stepping out; it shrinks towards the point after each
/// miss. Where ellipsoids overlap, the move keeps the uniform distribution: the ellipsoid is chosen evenly among those that hold the
/// point, and points that more ellipsoids hold are accepted less often. Every other move goes along a direction of the live points nearby
/// instead (Neighbourhoods), within their cell, from an interval that is laid at random over the point.
///
/// Before it moves, the chain tries a few draws from the whole region; one within the contour is an independent point, and ends it. Even where
/// few succeed, they keep the numbers of live points in separate modes from drifting away from the modes' volumes.
class SliceChain {
 public:
  SliceChain() = default;
  /// @param start [dim] a point within the contour
  SliceChain(std::shared_ptr<const Region> region, std::shared_ptr<const Neighbourhoods> near, std::span<const double> start, double contour, unsigned draws, unsigned moves);

  /// The next place to evaluate; false where the chain has made all its moves.
  bool propose(RandomStream stream, std::vector<double>& u);
  /// What became of it (NaN: it failed).
  void tell(TaskId id, double log_likelihood);

  /// Where it stands: the evaluation that it rests on, if it has moved at all.
  bool moved() const { return moved_; }
  TaskId id() const { return id_; }
  double log_likelihood() const { return log_likelihood_; }
  double contour() const { return contour_; }
  const std::vector<double>& u() const { return u_; }
  const std::vector<double>& start() const { return start_; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & region_ & near_ & start_ & u_ & contour_ & draws_left_ & moves_left_ & moved_ & id_ & log_likelihood_ & rotation_ & local_ & cell_.partition & cell_.cell & in_move_ & chord_.start & chord_.step & chord_.low &
        chord_.high & t_ & inverse_height_ & misses_ & proposed_;
  }

 private:
  void begin_move(RandomStream& stream);
  void miss();
  bool allowed() const;

  std::shared_ptr<const Region> region_;
  std::shared_ptr<const Neighbourhoods> near_;
  std::vector<double> start_, u_;
  double contour_ = 0.0;
  unsigned draws_left_ = 0, moves_left_ = 0;
  bool moved_ = false;
  TaskId id_ = 0;
  double log_likelihood_ = 0.0;
  std::vector<double> rotation_;  ///< [columns left x dim]
  bool in_move_ = false, local_ = false;
  Neighbourhoods::Cell cell_;
  Region::Chord chord_{};
  double t_ = 0.0;
  double inverse_height_ = 0.0;  ///< the most ellipsoids that may hold the new point
  unsigned misses_ = 0;
  std::vector<double> proposed_;
};

}  // namespace umbra
