#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <regex>
#include <string_view>

#include "src/formats/extract.h"

namespace umbra {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::int64_t looks_per_text = 20'000'000, looks_per_character = 64;
constexpr std::ptrdiff_t deepest_stack = 4 << 20;  // of the 8 MB that a thread has, most of the time

/// What a search may cost: std::regex has no limit of its own, but looks at every character through the iterator that it is given.
struct Allowance {
  std::int64_t looks;
  const char* stack;

  void spend() {
    if (--looks < 0 || std::abs(stack - static_cast<const char*>(__builtin_frame_address(0))) > deepest_stack) throw std::regex_error(std::regex_constants::error_complexity);
  }
};
thread_local Allowance allowance{};

class Counted {
 public:
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Counted() = default;
  explicit Counted(const char* at) : at_(at) {}
  const char& operator*() const {
    allowance.spend();
    return *at_;
  }
  Counted& operator++() { return ++at_, *this; }
  Counted& operator--() { return --at_, *this; }
  Counted operator++(int) { return Counted(at_++); }
  Counted operator--(int) { return Counted(at_--); }
  bool operator==(const Counted&) const = default;
  const char* get() const { return at_; }

 private:
  const char* at_ = nullptr;
};
using Match = std::match_results<Counted>;

}  // namespace

struct LinePattern::Impl {
  std::string text;
  std::regex regex;

  // Calls `use` with each match until it returns true.
  template <class Use>
  void each(const std::string& where, Use use) const {
    allowance = {looks_per_text + looks_per_character * static_cast<std::int64_t>(where.size()), static_cast<const char*>(__builtin_frame_address(0))};
    try {
      Match match;
      for (std::size_t at = 0; at < where.size();) {
        const std::size_t end = std::min(where.find('\n', at), where.size());
        const char* const first = where.data() + at;
        if (std::regex_search(Counted(first), Counted(first + std::min(end - at, longest_line)), match, regex) && use(match, std::string_view(first, end - at))) return;
        at = end + 1;
      }
    } catch (const std::regex_error&) {
      throw PatternTooCostly(fmt::format("the regular expression '{}' takes too long (write it without repetitions of repetitions)", text));
    }
  }
};

LinePattern::LinePattern(const std::string& expression, Mark mark, const std::string& where, Faults& faults) : impl_(std::make_unique<Impl>()) {
  impl_->text = expression;
  try {
    impl_->regex.assign(expression, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& e) {
    faults.add(mark, fmt::format("{}: '{}' is no regular expression ({})", where, expression, e.what()));
  }
}
LinePattern::~LinePattern() = default;
LinePattern::LinePattern(LinePattern&&) noexcept = default;
LinePattern& LinePattern::operator=(LinePattern&&) noexcept = default;

std::optional<std::string> LinePattern::find(const std::string& text) const {
  std::optional<std::string> found;
  impl_->each(text, [&](const Match&, std::string_view line) {
    found = line.substr(0, 300);
    return true;
  });
  return found;
}

std::optional<std::string> LinePattern::group(const std::string& text, bool last) const {
  std::optional<std::string> found;
  impl_->each(text, [&](const Match& match, std::string_view) {
    const auto& group = match[match.size() > 1 ? 1 : 0];
    found = group.matched ? std::string(group.first.get(), group.second.get()) : std::string();
    return !last;
  });
  return found;
}

}  // namespace umbra
