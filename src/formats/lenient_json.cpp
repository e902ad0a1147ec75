#include "src/formats/lenient_json.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "src/formats/number.h"

namespace umbra {
namespace {

using nlohmann::json;

struct Word {
  std::string_view written, meant;
};
constexpr Word words[] = {{"-Infinity", "-Infinity"}, {"Infinity", "Infinity"}, {"NaN", "NaN"}, {"-inf", "-Infinity"}, {"inf", "Infinity"}, {"-nan", "NaN"}, {"nan", "NaN"}};

// The number at the front of a text, where it is one beyond the range of a double: it has an exponent, or hundreds of digits.
std::size_t endless_number(std::string_view text, std::string_view& meant) {
  const std::size_t size = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
  if (size < 3) return 0;
  const auto value = read_number(text.substr(0, size));
  if (!value || !std::isinf(*value)) return 0;
  meant = *value > 0 ? "Infinity" : "-Infinity";
  return size;
}

std::string with_quoted_words(std::string_view line) {
  std::string text;
  text.reserve(line.size() + 16);
  bool quoted = false, in_number = false;
  while (!line.empty()) {
    const char c = line[0];
    std::size_t size = 1 + (c == '\\' && line.size() > 1);
    std::string_view meant;
    const bool number = !quoted && (c == '-' || (c >= '0' && c <= '9'));
    if (!quoted) {
      if (const auto word = std::find_if(std::begin(words), std::end(words), [&](const Word& w) { return line.starts_with(w.written); }); word != std::end(words)) {
        size = word->written.size();
        meant = word->meant;
      } else if (number && !in_number) {
        if (const std::size_t length = endless_number(line, meant)) size = length;
      }
    }
    in_number = meant.empty() && (number || (in_number && (c == '.' || c == 'e' || c == 'E' || c == '+')));
    if (c == '"') quoted = !quoted;
    if (meant.empty()) text += line.substr(0, size);
    else (text += '"').append(meant) += '"';
    line.remove_prefix(size);
  }
  return text;
}

// What is nested like this nobody means, and a parser that recurses, or one that shows it, would not end well.
bool too_deep(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') ++i;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{')) deepest = std::max(deepest, ++depth);
    else if (!quoted && (c == ']' || c == '}')) --depth;
  }
  return deepest > 1000;
}

}  // namespace

json read_lenient_json(std::string_view text, std::string& fault) {
  fault.clear();
  if (too_deep(text)) {
    fault = "it is nested too deeply for JSON";
    return json(json::value_t::discarded);
  }
  json read = json::parse(text, nullptr, false);
  if (read.is_discarded()) read = json::parse(with_quoted_words(text), nullptr, false);
  if (read.is_discarded()) fault = "it is not JSON";
  return read;
}

}  // namespace umbra
