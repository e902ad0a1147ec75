#include "src/base/packed_numbers.h"

#include <bit>
#include <unordered_map>

namespace umbra {

namespace {
constexpr std::size_t most_values = 256;
}

PackedNumbers::PackedNumbers(std::span<const double> numbers) : size_(numbers.size()) {
  std::unordered_map<std::uint64_t, std::uint64_t> position;  // by their bits: NaNs too
  std::vector<std::uint64_t> positions;
  positions.reserve(numbers.size());
  for (const double x : numbers) {
    const auto [found, is_new] = position.try_emplace(std::bit_cast<std::uint64_t>(x), position.size());
    if (position.size() > most_values) break;
    if (is_new) values_.push_back(x);
    positions.push_back(found->second);
  }
  if (positions.size() < numbers.size()) {
    bits_ = 64;
    values_.assign(numbers.begin(), numbers.end());
    return;
  }
  values_.shrink_to_fit();
  bits_ = values_.size() < 2 ? 0 : static_cast<std::uint32_t>(std::bit_width(values_.size() - 1));
  if (bits_ == 0) return;
  const std::size_t each = 64 / bits_;
  words_.assign((positions.size() + each - 1) / each, 0);
  for (std::size_t i = 0; i < positions.size(); ++i) words_[i / each] |= positions[i] << (i % each * bits_);
}

std::vector<double> PackedNumbers::unpack() const {
  if (bits_ == 64) return values_;
  std::vector<double> numbers(size_);
  const std::size_t each = bits_ == 0 ? 1 : 64 / bits_;
  const std::uint64_t mask = (std::uint64_t{1} << bits_) - 1;
  for (std::size_t i = 0; i < size_; ++i) numbers[i] = values_[bits_ == 0 ? 0 : words_[i / each] >> (i % each * bits_) & mask];
  return numbers;
}

}  // namespace umbra
