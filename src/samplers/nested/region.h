#pragma once
// Where the likelihood is above a contour: a union of ellipsoids around points that were drawn uniformly from there.

#include <boost/serialization/access.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "src/base/random.h"

namespace umbra {

/// A union of overlapping ellipsoids cut by the unit cube, as in MultiNest (arXiv:0809.3437), but of a size that does not cut the
/// contour: every ellipsoid holds each of its points as seen by the fit without that point (leave one out, cf. arXiv:1707.04476), and
/// is made larger by a volume that falls with the number of its points. Without ellipsoids it is the whole cube. Immutable once built.
///
/// The points are split in two again and again, along the longest axis, along that of the most two-humped projection, or from the farthest
/// point on; a split is kept where it saves volume. Periodic coordinates are first turned so that their largest empty gap lies at the ends.
class Region {
 public:
  /// The whole cube.
  explicit Region(std::size_t dim = 0) : dim_(dim), shift_(dim, 0.0) {}
  /// @param points [num_points x dim], a uniform sample of the inside of a contour. Cost O(num_points dim^2 log num_points).
  /// With fewer than dim + 3 points it is the whole cube.
  /// @param earlier the region of a wider contour: its ellipsoids go on holding the last points of a dying mode
  Region(std::size_t dim, std::span<const double> points, const std::vector<bool>& periodic, const Region* earlier = nullptr);

  std::size_t dim() const { return dim_; }
  std::size_t num_ellipsoids() const { return log_volume_.size(); }
  /// ln of the sum of the ellipsoids' volumes, at most 0 (that of the cube).
  double log_volume() const;
  /// In how many ellipsoids u [dim] lies; 1 everywhere in the whole cube.
  std::size_t multiplicity(std::span<const double> u) const;
  bool contains(std::span<const double> u) const;
  /// Which mode u is in: ellipsoids belong to different ones where they stay apart even if half as large again. That of the nearest
  /// ellipsoid where u is in none. Modes count from 0.
  int mode(std::span<const double> u) const;
  int num_modes() const { return num_modes_; }

  /// A point, uniform in the union and the cube.
  void draw(RandomStream& stream, std::span<double> u) const;

  /// A straight line of the cube as turned for periodic coordinates: u(t) = start + t step, t from low to high.
  struct Chord {
    std::vector<double> start, step;  ///< [dim] turned coordinates
    double low, high;
  };
  /// The chord of one of the ellipsoids in which u lies (of the cube where it is in none), in the direction that a unit vector [dim] of
  /// the ellipsoid's own axes has. The ellipsoid is chosen evenly among those that hold u.
  Chord chord(std::span<const double> u, std::span<const double> direction, RandomStream& stream) const;
  /// The part within the cube of u + t step, t from low to high. @param step [dim]
  Chord line(std::span<const double> u, std::span<const double> step, double low, double high) const;
  /// u in coordinates that are turned for periodic ones [dim].
  void turn(std::span<const double> u, std::span<double> x) const { turn(u, x.data()); }
  /// The point of a chord at t.
  void at(const Chord& chord, double t, std::span<double> u) const;

 private:
  friend class boost::serialization::access;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & dim_ & shift_ & centre_ & axes_ & inverse_ & log_volume_ & mode_ & num_modes_ & island_ & num_islands_;
  }
  double distance2(std::size_t ellipsoid, const double* x, double limit = std::numeric_limits<double>::infinity()) const;
  void turn(std::span<const double> u, double* x) const;
  std::size_t nearest(const double* x) const;
  /// Adds ellipsoids around some points. @param turned [num_points x dim]
  void cut_to_cube(Chord& chord) const;
  void cover(const std::vector<double>& turned, const std::vector<int>& members);
  void take(const Region& other, std::size_t ellipsoid);
  /// Names groups of ellipsoids that are apart from others even if larger by a factor; returns their number.
  int group(double apart, std::vector<int>& names) const;

  std::size_t dim_;
  std::vector<double> shift_;       ///< [dim] turned coordinate = u - shift, modulo 1
  std::vector<double> centre_;      ///< [num_ellipsoids x dim]
  std::vector<double> axes_;        ///< [num_ellipsoids x dim x dim] lower triangular: ellipsoid = centre + axes (unit ball)
  std::vector<double> inverse_;     ///< [num_ellipsoids x dim x dim] of the axes
  std::vector<double> log_volume_;  ///< [num_ellipsoids]
  std::vector<int> mode_;           ///< [num_ellipsoids]
  int num_modes_ = 1;
  std::vector<int> island_;         ///< [num_ellipsoids] as modes, less far apart
  int num_islands_ = 1;
};

}  // namespace umbra
