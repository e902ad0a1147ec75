#include "src/formats/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "src/base/text.h"
#include "src/formats/number.h"

namespace umbra {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(blank) + 1 - first);
}

// %[flags][width][.precision]letter, each number of at most two digits, so that the result fits a small buffer.
bool is_format(std::string_view f) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < f.size() && f[i] >= '0' && f[i] <= '9') ++i;
    return i - begin <= 2;
  };
  if (f.size() < 2 || f[i++] != '%') return false;
  while (i < f.size() && std::string_view("-+ #0").find(f[i]) != std::string_view::npos) ++i;
  if (i > 6 || !digits()) return false;
  if (i < f.size() && f[i] == '.' && (++i, !digits())) return false;
  return i + 1 == f.size() && std::string_view("deEfgG").find(f[i]) != std::string_view::npos;
}

// The bar that starts a format: the last one, and not half of a ||.
std::size_t format_bar(std::string_view inside) {
  const std::size_t bar = inside.rfind('|');
  return bar != std::string_view::npos && trimmed(inside.substr(bar + 1)).starts_with('%') ? bar : std::string_view::npos;
}

}  // namespace

TextTemplate::TextTemplate(std::string_view text, const std::vector<std::string>& variables, Mark mark, const std::string& where, Faults& faults) {
  for (;;) {
    const std::size_t open = text.find("{{");
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) {
      faults.add(mark, fmt::format("{}: '{}' has no closing }}}}", where, text.substr(open, 30)));
      return;
    }
    const std::string_view inside = text.substr(open + 2, close - open - 2);
    const std::size_t bar = format_bar(inside);
    const std::string expression(trimmed(inside.substr(0, bar)));
    Slot slot{std::string(text.substr(0, open)), -1, 0, bar == std::string_view::npos ? "" : std::string(trimmed(inside.substr(bar + 1)))};
    text.remove_prefix(close + 2);
    if (!slot.format.empty() && !is_format(slot.format)) {
      faults.add(mark, fmt::format("{}: '{}' is no format for a number, write one like %12.5E, %.3f or %d", where, slot.format));
      continue;
    }
    const auto found = std::find(variables.begin(), variables.end(), expression);
    if (found != variables.end()) {
      slot.variable = found - variables.begin();
    } else {
      const std::size_t before = faults.size();
      Expression parsed(expression, variables, mark, where, faults);
      if (faults.size() != before) continue;
      slot.expression = expressions_.size();
      expressions_.push_back(std::move(parsed));
    }
    slots_.push_back(std::move(slot));
  }
  after_ = text;
}

std::string TextTemplate::render(std::span<const double> values) const {
  std::string text;
  for (const Slot& slot : slots_) {
    text += slot.before;
    const double value = slot.variable >= 0 ? values[static_cast<std::size_t>(slot.variable)] : expressions_[slot.expression](values);
    if (slot.format.empty()) {
      append_number(text, value);
      continue;
    }
    std::array<char, 512> buffer;  // 309 digits of the largest double, and 99 behind the point
    const int size = slot.format.back() == 'd' ? std::snprintf(buffer.data(), buffer.size(), (slot.format.substr(0, slot.format.size() - 1) + "lld").c_str(),
                                                               std::isfinite(value) && std::abs(value) < 9e18 ? std::llround(value) : 0LL)
                                               : std::snprintf(buffer.data(), buffer.size(), slot.format.c_str(), value);
    text.append(buffer.data(), static_cast<std::size_t>(std::clamp(size, 0, static_cast<int>(buffer.size()) - 1)));
  }
  return text + after_;
}

std::vector<std::size_t> TextTemplate::used() const {
  std::vector<std::size_t> all;
  for (const Slot& slot : slots_)
    if (slot.variable >= 0) all.push_back(static_cast<std::size_t>(slot.variable));
  for (const Expression& e : expressions_) all.insert(all.end(), e.used().begin(), e.used().end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace umbra
