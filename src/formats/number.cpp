#include "src/formats/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace umbra {
namespace {

std::optional<double> plain_number(std::string_view text) {
  double value = 0.0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (end != last) return {};
  if (error == std::errc{}) return value;
  if (error != std::errc::result_out_of_range) return {};
  const bool tiny = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
  return (text.front() == '-' ? -1.0 : 1.0) * (tiny ? 0.0 : std::numeric_limits<double>::infinity());
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<double> read_number(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(blank) + 1 - first);
  if (text.front() == '+') {
    text.remove_prefix(1);
    if (text.empty() || text.front() == '-') return {};
  }
  if (text.empty()) return {};
  if (const auto value = plain_number(text)) return value;

  // A sign that follows a digit or a point starts an exponent whose letter was dropped; D stands for E.
  std::array<char, 64> copy;
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size + 2 > copy.size()) return {};
    const char c = text[i];
    const bool bare_exponent = (c == '+' || c == '-') && i > 0 && (is_digit(text[i - 1]) || text[i - 1] == '.');
    if (bare_exponent) copy[size++] = 'e';
    if (c == '+' && i > 0 && !is_digit(text[i - 1]) && text[i - 1] != '.' && text[i - 1] != 'd' && text[i - 1] != 'D') return {};
    copy[size++] = c == 'd' || c == 'D' ? 'e' : c;
  }
  return plain_number({copy.data(), size});
}

void append_number(std::string& text, double value) {
  if (!std::isfinite(value)) {
    text += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  text.append(buffer.data(), end);
}

}  // namespace umbra
