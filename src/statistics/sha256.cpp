#include "src/statistics/sha256.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace umbra {

namespace {

using Word = std::uint32_t;

/// The first 32 bits of the fractional part of a root, as the standard defines its constants. Newton's iteration in integers, exact.
template <int Power>
Word root_fraction(unsigned prime) {
  using Wide = unsigned __int128;
  // floor(prime^(1/Power) * 2^32), by bisection on the integer root of prime * 2^(32 Power).
  const Wide target = static_cast<Wide>(prime) << (32 * Power);
  std::uint64_t low = 0, high = std::uint64_t{1} << 37;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    Wide power = middle;
    for (int i = 1; i < Power; ++i) power *= middle;
    (power <= target ? low : high) = middle;
  }
  return static_cast<Word>(low);
}

struct Constants {
  std::array<Word, 8> start;
  std::array<Word, 64> round;
  Constants() {
    unsigned found = 0;
    for (unsigned n = 2; found < 64; ++n) {
      bool prime = true;
      for (unsigned d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
      if (!prime) continue;
      if (found < 8) start[found] = root_fraction<2>(n);
      round[found++] = root_fraction<3>(n);
    }
  }
};

void digest_block(const unsigned char* block, std::array<Word, 8>& state, const Constants& constants) {
  std::array<Word, 64> w;
  for (int i = 0; i < 16; ++i) w[i] = Word{block[4 * i]} << 24 | Word{block[4 * i + 1]} << 16 | Word{block[4 * i + 2]} << 8 | Word{block[4 * i + 3]};
  for (int i = 16; i < 64; ++i) {
    const Word s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const Word s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (int i = 0; i < 64; ++i) {
    const Word s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const Word t1 = h + s1 + ((e & f) ^ (~e & g)) + constants.round[i] + w[i];
    const Word s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<Word, 8> add = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) state[i] += add[i];
}

}  // namespace

std::string sha256(std::string_view text) {
  static const Constants constants;
  std::string padded(text);
  padded += static_cast<char>(0x80);
  while (padded.size() % 64 != 56) padded += '\0';
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift & 0xff);
  std::array<Word, 8> state = constants.start;
  for (std::size_t i = 0; i < padded.size(); i += 64) digest_block(reinterpret_cast<const unsigned char*>(padded.data()) + i, state, constants);
  std::string hex;
  for (const Word word : state) hex += fmt::format("{:08x}", word);
  return hex;
}

}  // namespace umbra
