#pragma once
// Counter-based random numbers: a stream belongs to (seed, purpose, id), never to a rank or to a time.
// Philox4x64-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC'11, doi:10.1145/2063384.2063405).

#include <Random123/philox.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>

namespace umbra {

/// What a stream is for. Streams of different purposes never overlap. Numbers are part of what "same seed" means: never renumber.
enum class Purpose : std::uint64_t { propose = 0, evaluate = 1, initialise = 2, select = 3, train = 4, toy = 5, auxiliary = 6, rotate = 7, test = 8, virtual_time = 9, simulate = 10 };

/// A stream of independent numbers. Copying it copies its position. Satisfies UniformRandomBitGenerator (64 bits).
class RandomStream {
 public:
  using result_type = std::uint64_t;

  /// @param sub a second id, for instance the hypothesis of a toy or the generation of a population
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t id, std::uint64_t sub = 0)
      : key_{{seed, static_cast<std::uint64_t>(purpose)}}, counter_{{0, id, sub, 0}} {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() {
    if (used_ == 4) refill();
    return block_[used_++];
  }

  /// Uniform in the open interval (0, 1), multiples of 2^-53 plus 2^-54.
  double uniform() { return (static_cast<double>((*this)() >> 11) + 0.5) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform integer in [0, n), n > 0. Exact (Lemire's rejection).
  std::uint64_t index(std::uint64_t n) {
    using Wide = unsigned __int128;
    Wide m = static_cast<Wide>((*this)()) * n;
    if (static_cast<std::uint64_t>(m) < n) {
      const std::uint64_t threshold = (0 - n) % n;
      while (static_cast<std::uint64_t>(m) < threshold) m = static_cast<Wide>((*this)()) * n;
    }
    return static_cast<std::uint64_t>(m >> 64);
  }

  /// Standard normal (Box-Muller; two numbers a pair of uniforms).
  double normal() {
    if (have_spare_) {
      have_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    const double angle = 2.0 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    have_spare_ = true;
    return radius * std::cos(angle);
  }
  double normal(double mean, double sigma) { return mean + sigma * normal(); }
  /// Exponential of mean 1.
  double exponential() { return -std::log(uniform()); }

  void fill_uniform(std::span<double> out) {
    for (double& x : out) x = uniform();
  }
  void fill_normal(std::span<double> out) {
    for (double& x : out) x = normal();
  }

 private:
  void refill() {
    block_ = r123::Philox4x64{}(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }

  r123::Philox4x64::key_type key_;
  r123::Philox4x64::ctr_type counter_;
  r123::Philox4x64::ctr_type block_{};
  unsigned used_ = 4;
  bool have_spare_ = false;
  double spare_ = 0.0;
};

}  // namespace umbra
