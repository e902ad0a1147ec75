#pragma once
// A random rotation, so that no function can be won by searching along its axes.

#include <cstdint>
#include <span>
#include <vector>

namespace umbra {

/// An orthogonal matrix, uniform (Haar), fixed by its seed: Gram-Schmidt of a matrix of normal numbers (Mezzadri, math-ph/0609050).
class Rotation {
 public:
  Rotation(std::size_t dim, std::uint64_t seed);
  /// centre + R (x - centre), the same centre on every axis. @param x [dim], @param out [dim]
  void about(double centre, std::span<const double> x, std::span<double> out) const;
  /// Row-major [dim x dim].
  const std::vector<double>& matrix() const { return matrix_; }

 private:
  std::size_t dim_;
  std::vector<double> matrix_;
};

}  // namespace umbra
