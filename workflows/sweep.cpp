#include "workflows/sweep.h"

#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "src/base/error.h"

namespace umbra {
namespace {

constexpr long most_values = 1000000;  // more than any Slurm takes

std::optional<long> whole_number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

/// "1..10"; nothing where it is a list.
std::optional<std::pair<long, long>> range(std::string_view list) {
  const auto dots = list.find("..");
  if (dots == std::string_view::npos) return {};
  const auto first = whole_number(list.substr(0, dots)), last = whole_number(list.substr(dots + 2));
  if (!first || !last) return {};
  return std::pair(*first, *last);
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> values(1);
  for (const char c : list) {
    if (c == ',') values.emplace_back();
    else values.back() += c;
  }
  return values;
}

// Values name folders: a/b and a_b would share one.
std::string folder_of(std::string value) {
  for (char& c : value)
    if (c == '/') c = '_';
  return value;
}

}  // namespace

Sweep read_sweep(const std::string& text) {
  const auto equals = text.find('=');
  VALIDATE(equals != std::string::npos && equals > 0, "--array {}: write key=a,b,c or key=1..10", text);
  Sweep sweep{text.substr(0, equals), {}};
  VALIDATE(sweep.key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == std::string::npos,
           "--array {}: '{}' is no key of a job file: write for instance seed or model.file", text, sweep.key);
  VALIDATE(sweep.key != "output" && sweep.key != "output.directory",
           "--array {}: each value gets a run directory of its own in that of the job, so that this key cannot be swept: name another one", text);
  const std::string list = text.substr(equals + 1);
  if (const auto ends = range(list)) {
    VALIDATE(ends->first <= ends->second && ends->second - ends->first < most_values, "--array {}: the range {} is upside down or has too many values: write for instance 1..10", text, list);
    for (long v = ends->first; v <= ends->second; ++v) sweep.values.push_back(std::to_string(v));
    return sweep;
  }
  sweep.values = split(list);
  std::set<std::string> folders;
  for (const std::string& v : sweep.values) {
    VALIDATE(!v.empty(), "--array {}: a value is empty (is there a comma too many?): write key=a,b,c", text);
    VALIDATE(v.find_first_of("\n\r") == std::string::npos, "--array {}: a value has more than one line: write key=a,b,c", text);
    VALIDATE(folders.insert(folder_of(v)).second, "--array {}: the value {} stands twice (two campaigns would share a run directory): leave one away", text, v);
  }
  return sweep;
}

}  // namespace umbra
