#pragma once
// A random permutation of 0 .. n-1 that needs no table: any element in O(1) time and memory.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "src/base/random.h"

namespace umbra {

/// A Feistel network of six rounds on the smallest even number of bits (8 at least) that holds n, walked along its cycles until it lands below n
/// (Black and Rogaway, "Ciphers with arbitrary finite domains", doi:10.1007/3-540-45760-7_9): fewer than four steps on average for n above 64.
class KeyedPermutation {
 public:
  /// @param n at least 1 and at most 2^62; the keys are the next numbers of `stream`
  KeyedPermutation(std::uint64_t n, RandomStream& stream) : n_(n), half_bits_(std::max(4, static_cast<int>(std::bit_width(n - 1) + 1) / 2)) {
    for (std::uint64_t& key : keys_) key = stream();
  }

  std::uint64_t operator()(std::uint64_t i) const {
    if (n_ == 1) return 0;
    do i = step(i);
    while (i >= n_);
    return i;
  }

 private:
  /// The finaliser of splitmix64: every bit of the input changes half of the output's.
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }
  std::uint64_t step(std::uint64_t i) const {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = i >> half_bits_, right = i & mask;
    for (std::uint64_t key : keys_) {
      const std::uint64_t next = left ^ (mix(right ^ key) & mask);
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  std::uint64_t n_;
  int half_bits_;
  std::array<std::uint64_t, 6> keys_;
};

}  // namespace umbra
