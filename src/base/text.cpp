#include "src/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace umbra {
namespace {

using Unit = std::pair<std::string_view, double>;

std::optional<double> with_unit(std::string_view text, std::span<const Unit> units) {
  const auto digits_end = text.find_last_of("0123456789.");
  if (digits_end == std::string_view::npos) return {};
  std::string_view unit = text.substr(digits_end + 1);
  const auto number = parse_number(text.substr(0, digits_end + 1));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& [name, factor] : units)
    if (number && unit == name) return *number * factor;
  return {};
}

std::optional<double> clock_duration(std::string_view text) {
  double days = 0.0;
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    const auto d = parse_number(text.substr(0, dash));
    if (!d || *d < 0) return {};
    days = *d;
    text.remove_prefix(dash + 1);
  }
  double seconds = 0.0;
  int fields = 0;
  for (;; ++fields) {
    const auto colon = text.find(':');
    const auto field = parse_number(text.substr(0, colon));
    if (!field || *field < 0) return {};
    seconds = 60.0 * seconds + *field;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (fields == 1 && days > 0) seconds *= 60.0;  // days-hours:minutes
  return fields >= 1 && fields <= 2 ? std::optional(86400.0 * days + seconds) : std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  }
  return row[b.size()];
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || std::isnan(value)) return {};
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<double> parse_duration(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return clock_duration(text);
  static constexpr std::array<Unit, 9> units = {{{"", 1.0}, {"s", 1.0}, {"ms", 1e-3}, {"us", 1e-6}, {"min", 60.0}, {"m", 60.0}, {"h", 3600.0}, {"d", 86400.0}, {"days", 86400.0}}};
  return with_unit(text, units);
}

std::optional<double> parse_bytes(std::string_view text) {
  static constexpr std::array<Unit, 14> units = {{{"", 1.0}, {"B", 1.0}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};
  return with_unit(text, units);
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& k : known) {
    if (const std::size_t d = edit_distance(name, k); d < best_distance) {
      best_distance = d;
      best = k;
    }
  }
  return best;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  const std::string n = nearest(name, known);
  if (!n.empty()) return fmt::format(", did you mean '{}'?", n);
  return known.empty() ? std::string() : "; known: " + join(known);
}

std::size_t find_invalid_utf8(std::string_view text) {
  // Lengths, and the range of the second byte that keeps out longer forms than needed, surrogates and what lies beyond U+10FFFF (Unicode, table 3-7).
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u; };
    const unsigned first = at(0);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
    if (length == 0) return i;
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80, high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (std::size_t k = 1; k < length; ++k)
      if (at(k) < (k == 1 ? low : 0x80u) || at(k) > (k == 1 ? high : 0xBFu)) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& p : parts) {
    if (!text.empty()) text += separator;
    text += p;
  }
  return text;
}

}  // namespace umbra
