#pragma once
// What a column may be called.

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace umbra {

/// Letters, digits and '_', no digit first: what expressions can use.
inline bool is_identifier(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// Whether the result has columns of its own of this name or prefix.
inline bool is_reserved(std::string_view name) {
  constexpr std::string_view reserved[] = {"id", "status", "phase", "rank", "host", "start", "duration", "log_likelihood"};
  return std::find(std::begin(reserved), std::end(reserved), name) != std::end(reserved) || name.starts_with("u_") || name.starts_with("lnL_");
}

/// Whether the result file can have a dataset of this name.
inline bool is_storable(std::string_view name) {
  return !name.empty() && name != "." && std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || static_cast<unsigned char>(c) < 32; });
}

/// Adds the words of an expression that may be names of columns, functions among them.
inline void add_identifiers(const std::string& text, std::vector<std::string>& names) {
  const auto in_name = [](char c) { return is_identifier(std::string(1, c)) || (c >= '0' && c <= '9') || c == '.'; };
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    for (end = begin; end < text.size() && in_name(text[end]);) ++end;
    const std::string word = text.substr(begin, end - begin);
    if (is_identifier(word) && std::find(names.begin(), names.end(), word) == names.end()) names.push_back(word);
  }
}

}  // namespace umbra
