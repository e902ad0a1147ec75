#pragma once
// Lists of numbers in little memory where they have few different values: test statistics of a counting experiment by the hundred million.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace umbra {

/// Gives back the same bits. Up to 256 different values: a table of them, and as many bits a number as their count needs; else 8 bytes a number.
class PackedNumbers {
 public:
  PackedNumbers() = default;
  explicit PackedNumbers(std::span<const double> numbers);

  std::vector<double> unpack() const;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t bytes() const { return sizeof *this + 8 * (values_.capacity() + words_.capacity()); }

  /// Boost.Serialization; the caller includes what that needs for vectors.
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& size_& bits_& values_& words_;
  }

 private:
  std::uint64_t size_ = 0;
  std::uint32_t bits_ = 0;             ///< of a number in words_; 64: values_ are the numbers themselves
  std::vector<double> values_;         ///< the different ones, in the order in which they are met
  std::vector<std::uint64_t> words_;   ///< positions in values_, none across two words
};

}  // namespace umbra
