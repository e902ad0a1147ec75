#pragma once
// The covariance matrix adaptation evolution strategy: one run, without restarts. N. Hansen, arXiv:1604.00772 (equation numbers below are his).

#include <Eigen/Core>
#include <span>
#include <vector>

#include "src/samplers/box.h"

namespace umbra {

class RandomStream;

/// Draws points from a normal distribution and moves it to where the values are highest. Works on ranks alone: a failure (-inf) is worse
/// than any value. Knows no walls: points drawn beyond the box are to be reflected into it (periodic coordinates:
/// wrapped) where they are evaluated, so that the run sees the function's mirror images there, and an optimum at a wall is one like any other.
/// Cost of a generation: O(size x dim^2), and O(dim^3) once in about dim / 10 generations.
class Cma {
 public:
  /// @param size points a generation at first, for the length of the memory of ended()
  /// @param mean [dim] in the unit cube
  /// @param sigma first standard deviation of every coordinate, and the largest
  /// @param broad standard deviation of a coordinate above which its reflected points are learned from where they landed
  Cma(const Box& box, std::size_t size, const std::vector<double>& mean, double sigma, double broad);

  /// The largest standard deviation of any direction.
  double width() const;
  /// Draws a point that may lie beyond the box.
  void draw(RandomStream& stream, std::span<double> u) const;
  /// Learns from a generation of any size, at least 4. @param u [size x dim] as drawn @param values [size]
  void learn(std::span<const double> u, std::span<const double> values);
  /// Whether the run has ended: all values of late within `tolerance`, or the distribution has shrunk or degenerated beyond use.
  bool ended(double tolerance) const;

  std::size_t state_size() const;
  /// Everything that learn() has changed, as numbers.
  void save(std::vector<double>& state) const;
  void load(std::span<const double> state);

 private:
  /// What follows from the number of points of a generation.
  struct Rates {
    Rates(std::size_t dim, std::size_t size);
    Eigen::VectorXd weights;  ///< [size] best first; the worse half negative (equation 53)
    double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu;
  };
  template <class Visit>
  void visit(Visit&& visit);
  void decompose();

  Box box_;
  double broad_;
  double sigma_0_;
  std::size_t window_;  ///< generations that ended() looks back

  Eigen::VectorXd mean_, path_sigma_, path_c_, axis_length_;
  Eigen::MatrixXd covariance_, axes_;
  double sigma_;
  double generation_ = 0, decomposed_ = 0;       // whole numbers
  Eigen::VectorXd recent_best_, recent_middle_;  ///< [window], of the last generations
};

}  // namespace umbra
