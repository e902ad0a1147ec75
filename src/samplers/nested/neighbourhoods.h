#pragma once
// Which live points are near each other, for moves that follow a contour where it is bent.

#include <cstddef>
#include <span>
#include <vector>

#include "src/base/random.h"

namespace umbra {

/// Several partitions of the cube, each into the Voronoi cells of live points that are picked at random. The points of a cell tell
/// the long directions that the contour has there, where the shape of all points together hides them: a thin, bent valley has another one in
/// each place. A move that is tested to stay in its cell keeps the uniform distribution, since the cells do not depend on the point that
/// moves; other partitions have other borders.
/// Distances are in units of each coordinate's own spread. Immutable once built.
class Neighbourhoods {
 public:
  Neighbourhoods() = default;
  /// @param points [num_points x dim] Cost O(partitions cells num_points dim).
  Neighbourhoods(std::size_t dim, std::vector<double> points, RandomStream stream);

  struct Cell {
    std::size_t partition = 0, cell = 0;
  };
  /// The cell of a point [dim] in one of the partitions, chosen evenly.
  Cell choose(std::span<const double> x, RandomStream& stream) const;
  bool contains(const Cell& cell, std::span<const double> x) const;
  /// A random direction [dim], one standard deviation of the cell's points long, of which the long axes have more than their share; a
  /// point at x does not count. False where the cell has too few points.
  bool direction(const Cell& cell, std::span<const double> x, RandomStream& stream, std::span<double> step) const;
  /// Squared, in units of the spreads.
  double distance2(std::span<const double> a, std::span<const double> b) const;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & dim_ & inverse_spread_ & points_ & partitions_;
  }

 private:
  struct Partition {
    std::vector<double> centres;         ///< [num_cells x dim] in units of the spreads
    std::vector<std::size_t> first;      ///< [num_cells + 1] of its members
    std::vector<std::size_t> members;    ///< [num_points] by cell
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & centres & first & members;
    }
  };
  std::size_t nearest(const Partition& partition, const double* x) const;

  std::size_t dim_ = 0;
  std::vector<double> inverse_spread_;  ///< [dim]
  std::vector<double> points_;          ///< [num_points x dim]
  std::vector<Partition> partitions_;
};

}  // namespace umbra
