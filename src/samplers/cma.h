#pragma once
// The covariance matrix adaptation evolution strategy: one run, without restarts. N. Hansen, arXiv:1604.00772 (equation numbers below are his).

#include <Eigen/Core>
#include <span>
#include <vector>

#include "src/samplers/box.h"

namespace umbra {

class RandomStream;

/// Draws points from a normal distribution and moves it to where the values are highest. Works on ranks alone: a failure (-inf) is worse
/// than any value. Points beyond the box are reflected and learned from where they landed; periodic coordinates wrap.
/// Cost of a generation: O(size x dim^2), and O(dim^3) once in about dim / 10 generations.
class Cma {
 public:
  /// @param mean [dim] in the unit cube
  /// @param sigma first standard deviation of every coordinate
  Cma(const Box& box, std::size_t size, std::vector<double> mean, double sigma);

  std::size_t size() const { return size_; }
  void draw(RandomStream& stream, std::span<double> u) const;
  /// @param u [size x dim] @param values [size]
  void learn(std::span<const double> u, std::span<const double> values);
  /// Whether the run has ended: all values of late within `tolerance`, or the distribution has shrunk or degenerated beyond use.
  bool ended(double tolerance) const;

  std::size_t state_size() const;
  /// Everything that learn() has changed, as numbers.
  void save(std::vector<double>& state) const;
  /// @return what is left of the state
  std::span<const double> load(std::span<const double> state);

 private:
  template <class Visit>
  void visit(Visit&& visit);
  void decompose();

  Box box_;
  std::size_t size_;
  Eigen::VectorXd weights_;  ///< [size] best first; the worse half negative (equation 53)
  double mu_eff_, c_sigma_, d_sigma_, c_c_, c_1_, c_mu_, chi_n_, sigma_0_;

  Eigen::VectorXd mean_, path_sigma_, path_c_, axis_length_;
  Eigen::MatrixXd covariance_, axes_;
  double sigma_;
  double generation_ = 0, decomposed_ = 0;  // whole numbers
  Eigen::VectorXd recent_best_, recent_worst_;   ///< rings over the last generations, for ended()
};

}  // namespace umbra
