#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <string_view>

#include "src/formats/extract.h"

namespace umbra {

struct LinePattern::Impl {
  std::regex regex;

  // Calls `use` with each match until it returns true.
  template <class Use>
  void each(const std::string& text, Use use) const {
    std::cmatch match;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const char* const first = text.data() + at;
      if (std::regex_search(first, first + std::min<std::size_t>(end - at, 4096), match, regex) && use(match, std::string_view(first, end - at))) return;
      at = end + 1;
    }
  }
};

LinePattern::LinePattern(const std::string& expression, Mark mark, const std::string& where, Faults& faults) : impl_(std::make_unique<Impl>()) {
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
  impl_->each(text, [&](const std::cmatch&, std::string_view line) {
    found = line.substr(0, 300);
    return true;
  });
  return found;
}

std::optional<std::string> LinePattern::group(const std::string& text, bool last) const {
  std::optional<std::string> found;
  impl_->each(text, [&](const std::cmatch& match, std::string_view) {
    found = match[match.size() > 1 ? 1 : 0].str();
    return !last;
  });
  return found;
}

}  // namespace umbra
