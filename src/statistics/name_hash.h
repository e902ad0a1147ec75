#pragma once
// Names as parts of random streams.

#include <cstdint>
#include <string_view>

namespace umbra {

/// FNV-1a: the same number for a name on every machine.
constexpr std::uint64_t name_hash(std::string_view name) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h;
}

}  // namespace umbra
