#include "io/crc32c.h"

#include <array>
#include <cstring>

namespace umbra {
namespace {

// table[k][b]: the remainder of byte b followed by k zero bytes, so that eight bytes are taken at once.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t r = b;
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ (r & 1 ? 0x82F63B78u : 0u);
    t[0][b] = r;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xFF];
  return t;
}

constexpr Tables tables = make_tables();

#ifdef __x86_64__
const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes) {
  std::uint64_t r = 0xFFFFFFFFu;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    r = __builtin_ia32_crc32di(r, word);
  }
  auto last = static_cast<std::uint32_t>(r);
  for (const std::byte b : bytes) last = __builtin_ia32_crc32qi(last, static_cast<unsigned char>(b));
  return ~last;
}
#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
#ifdef __x86_64__
  if (has_instruction) return by_instruction(bytes);
#endif
  return crc32c_by_table(bytes);
}

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) {
  std::uint32_t r = 0xFFFFFFFFu;
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    word ^= r;
    r = 0;
    for (std::size_t k = 0; k < 8; ++k) r ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
    bytes = bytes.subspan(8);
  }
  for (const std::byte b : bytes) r = (r >> 8) ^ tables[0][(r ^ static_cast<std::uint32_t>(b)) & 0xFF];
  return ~r;
}

}  // namespace umbra
