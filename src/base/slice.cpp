#include "src/base/slice.h"

#include <fmt/format.h>

#include <charconv>

namespace umbra {

// The finaliser of splitmix64 (doi:10.1145/2714064.2660195).
std::uint64_t Slice::in_round(std::uint64_t round) const {
  if (count == 1) return 0;
  std::uint64_t x = round + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return (index + (x ^ (x >> 31)) % count) % count;
}

std::uint64_t Slice::from(std::uint64_t id) const {
  const std::uint64_t round = id / count, here = round * count + in_round(round);
  return here >= id ? here : (round + 1) * count + in_round(round + 1);
}

std::string to_text(const Slice& slice) { return fmt::format("{}/{}", slice.index + 1, slice.count); }

std::optional<Slice> parse_slice(const std::string& text) {
  Slice slice;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, slice.index);
  if (index.ec != std::errc() || index.ptr == end || *index.ptr != '/') return {};
  const auto count = std::from_chars(index.ptr + 1, end, slice.count);
  if (count.ec != std::errc() || count.ptr != end || slice.index < 1 || slice.index > slice.count) return {};
  --slice.index;
  return slice;
}

}  // namespace umbra
