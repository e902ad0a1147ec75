#pragma once
// Moving about in the unit cube, some of whose coordinates are periodic.

#include <cmath>
#include <vector>

namespace umbra {

class Box {
 public:
  Box(std::size_t dim, std::vector<bool> periodic) : periodic_(dim, 0) {
    for (std::size_t d = 0; d < dim && d < periodic.size(); ++d) periodic_[d] = periodic[d];
  }
  std::size_t dim() const { return periodic_.size(); }
  bool periodic(std::size_t d) const { return periodic_[d] != 0; }

  /// a - b; the shorter way round where the coordinate is periodic.
  double difference(double a, double b, std::size_t d) const {
    const double x = a - b;
    return periodic_[d] ? x - std::round(x) : x;
  }
  /// Brings any finite x into [0, 1]: wrapped where periodic, else reflected at the walls (as often as needed).
  double inside(double x, std::size_t d) const {
    if (x >= 0.0 && x <= 1.0) return x;
    if (periodic_[d]) {
      x -= std::floor(x);
      return x < 1.0 ? x : 0.0;
    }
    x = std::abs(std::fmod(x, 2.0));
    return x > 1.0 ? 2.0 - x : x;
  }

 private:
  std::vector<unsigned char> periodic_;  ///< [dim]
};

}  // namespace umbra
