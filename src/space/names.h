#pragma once
// What a column may be called.

#include <algorithm>
#include <string>

namespace umbra {

/// Letters, digits and '_', no digit first: what expressions can use.
inline bool is_identifier(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace umbra
