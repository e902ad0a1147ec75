#pragma once
// Looks along each axis through one point: finds the optimum of a function whose parameters act independently, and a good start otherwise.

#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "src/samplers/box.h"

namespace umbra {

/// In generations that run at once on all axes: random points, of which the best is the base; one point in each of `slices` slices of each
/// axis through the base; then two points about each of the best maxima of an axis, of fewer maxima every time; at last the point that has
/// the best coordinate of every axis. On a function that is a sum over coordinates that is its maximum, wherever the scans found theirs.
/// About 68 evaluations a parameter.
class AxisScan {
 public:
  /// How many points the base is the best of.
  static std::size_t first_points(std::size_t dim) { return 4 * dim; }
  /// @param start points that stand in for the first of the random ones; at most first_points() are used
  AxisScan(const Box& box, std::uint64_t seed, std::vector<std::vector<double>> start = {}) : box_(box), seed_(seed), start_(std::move(start)), axes_(box.dim()) { plan(); }

  bool ended() const { return stage_ > last_stage; }
  /// The points of the next generation [size x dim].
  const std::vector<double>& points() const { return points_; }
  /// @param values [size], -inf where the evaluation failed
  void learn(std::span<const double> values);

  std::vector<double> save() const;
  /// Throws UserError where the state does not fit.
  void load(std::span<const double> state);

 private:
  static constexpr std::size_t slices = 32;
  static constexpr std::size_t peaks[] = {5, 4, 3, 2, 1, 1};  ///< of each axis, refined in each stage
  static constexpr std::size_t last_stage = 2 + std::size(peaks);
  struct Sample {
    double x, value;
  };
  void plan();
  void propose(std::size_t axis, double x);
  void refine(std::size_t axis, std::size_t peak, bool first);

  Box box_;
  std::uint64_t seed_;
  std::vector<std::vector<double>> start_;
  std::size_t stage_ = 0;
  std::vector<double> base_;
  double base_value_ = 0.0;
  std::vector<std::vector<Sample>> axes_;  ///< [dim], sorted by x
  std::vector<double> points_;
  std::vector<std::size_t> axis_of_;  ///< [size] the axis that a point of the generation lies on
};

}  // namespace umbra
