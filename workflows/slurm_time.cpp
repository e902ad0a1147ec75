#include "workflows/slurm_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "src/base/text.h"

namespace umbra {
namespace {

constexpr double day_s = 86400.0;

std::optional<double> whole_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

/// "1:2:3" in its numbers, or nothing.
std::optional<std::vector<double>> fields(std::string_view text) {
  std::vector<double> numbers;
  for (;;) {
    const auto colon = text.find(':');
    const auto number = whole_number(text.substr(0, colon));
    if (!number) return {};
    numbers.push_back(*number);
    if (colon == std::string_view::npos) return numbers;
    text.remove_prefix(colon + 1);
  }
}

/// By Slurm's grammar: what a field means depends on how many there are, and on whether days stand before them.
std::optional<double> slurm_seconds(std::string_view text) {
  double days = 0.0;
  const auto dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto d = whole_number(text.substr(0, dash));
    if (!d) return {};
    days = *d;
    text.remove_prefix(dash + 1);
  }
  const auto f = fields(text);
  if (!f || f->size() > 3) return {};
  const bool from_hours = dash != std::string_view::npos || f->size() == 3;
  double unit = from_hours ? 3600.0 : 60.0, seconds = day_s * days;
  for (const double x : *f) {
    seconds += x * unit;
    unit /= 60.0;
  }
  return seconds;
}

std::string clock_text(double seconds) {
  const auto s = static_cast<long>(std::ceil(seconds));
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", s % 86400 / 3600, s % 3600 / 60, s % 60);
  return s < 86400 ? clock : fmt::format("{}-{}", s / 86400, clock);
}

}  // namespace

std::optional<SlurmTime> parse_slurm_time(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  constexpr double unlimited = std::numeric_limits<double>::infinity();
  if (upper == "UNLIMITED" || upper == "INFINITE") return SlurmTime{"UNLIMITED", unlimited};
  if (const auto seconds = slurm_seconds(text)) return SlurmTime{std::string(text), *seconds > 0.0 ? *seconds : unlimited};
  const bool has_unit = !text.empty() && upper.back() >= 'A' && upper.back() <= 'Z' && text.find(':') == std::string_view::npos;
  const auto duration = has_unit ? parse_duration(text) : std::nullopt;
  if (!duration || !std::isfinite(*duration) || *duration < 1.0 || *duration > 1000.0 * 365.0 * day_s) return {};
  return SlurmTime{clock_text(*duration), *duration};
}

}  // namespace umbra
