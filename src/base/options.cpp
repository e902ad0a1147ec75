#include "src/base/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/text.h"

namespace umbra::detail {
namespace {

void expected(const Config& c, const std::string& what, std::string_view wanted, Faults& faults) {
  faults.add(c.mark(), c.is_scalar() ? fmt::format("{}: expected {}, found '{}'", what, wanted, c.text())
                                     : fmt::format("{}: expected {}, found {}", what, wanted, Config::describe(c.kind())));
}

bool within(double v, const Limits& l) { return (l.low_open ? v > l.low : v >= l.low) && v <= l.high; }

std::string describe(const Limits& l) {
  if (std::isfinite(l.low) && std::isfinite(l.high)) return fmt::format("between {} and {}", l.low, l.high);
  if (std::isfinite(l.high)) return fmt::format("at most {}", l.high);
  return fmt::format("{} {}", l.low_open ? "above" : "at least", l.low);
}

void check(const Config& c, double v, const Limits& limits, const std::string& what, Faults& faults, bool& good) {
  good = within(v, limits);
  if (!good) faults.add(c.mark(), fmt::format("{}: {} is out of range, it must be {}", what, c.text(), describe(limits)));
}

template <class Parse>
void read_scalar(const Config& c, double& out, const Limits& limits, const std::string& what, std::string_view wanted, Faults& faults, Parse parse) {
  const auto v = c.is_scalar() ? parse(c.text()) : std::nullopt;
  if (!v) return expected(c, what, wanted, faults);
  if (!std::isfinite(*v)) return faults.add(c.mark(), fmt::format("{}: '{}' is not finite (nothing could be computed with it), give a finite number", what, c.text()));
  bool good = false;
  check(c, *v, limits, what, faults, good);
  if (good) out = *v;
}

template <class T>
void read_list(const Config& c, std::vector<T>& out, const Limits& limits, const std::string& what, std::string_view wanted, Faults& faults) {
  if (!c.is_list()) return expected(c, what, wanted, faults);
  std::vector<T> values;
  for (const Config& e : c.elements()) {
    T v{};
    read_option(e, v, limits, what, faults);
    values.push_back(std::move(v));
  }
  out = std::move(values);
}

}  // namespace

void read_option(const Config& c, bool& out, const Limits&, const std::string& what, Faults& faults) {
  if (c.is_scalar() && (c.text() == "true" || c.text() == "yes" || c.text() == "on")) out = true;
  else if (c.is_scalar() && (c.text() == "false" || c.text() == "no" || c.text() == "off")) out = false;
  else expected(c, what, "true or false", faults);
}

void read_option(const Config& c, double& out, const Limits& limits, const std::string& what, Faults& faults) {
  read_scalar(c, out, limits, what, "a number", faults, parse_number);
}

void read_option(const Config& c, std::int64_t& out, const Limits& limits, const std::string& what, Faults& faults) {
  const auto v = c.is_scalar() ? parse_number(c.text()) : std::nullopt;
  if (!v || *v != std::floor(*v)) return expected(c, what, "a whole number", faults);
  const auto exact = parse_integer(c.text());
  const bool rounds = !exact && std::abs(*v) > 0x1p53;  // 1e20
  if (rounds) return faults.add(c.mark(), fmt::format("{}: {} is out of range, the largest whole number is 2^63 - 1 (and 2^53 with a decimal point or an exponent)", what, c.text()));
  bool good = false;
  check(c, *v, limits, what, faults, good);
  if (good) out = exact.value_or(static_cast<std::int64_t>(*v));
}

void read_option(const Config& c, std::string& out, const Limits& limits, const std::string& what, Faults& faults) {
  if (!c.is_scalar()) return expected(c, what, "a text", faults);
  if (!limits.choices.empty() && std::find(limits.choices.begin(), limits.choices.end(), c.text()) == limits.choices.end())
    return faults.add(c.mark(), fmt::format("{}: unknown choice '{}'; it must be one of: {}", what, c.text(), join(limits.choices)));
  out = c.text();
}

void read_option(const Config& c, Seconds& out, const Limits& limits, const std::string& what, Faults& faults) {
  read_scalar(c, out.value, limits, what, "a duration such as 60s, 20min or 1-12:00:00", faults, parse_duration);
}

void read_option(const Config& c, Bytes& out, const Limits& limits, const std::string& what, Faults& faults) {
  read_scalar(c, out.value, limits, what, "a size such as 512MB or 2GB", faults, parse_bytes);
}

void read_option(const Config& c, Range& out, const Limits&, const std::string& what, Faults& faults) {
  const auto& e = c.elements();
  const auto low = e.size() == 2 ? parse_number(e[0].text()) : std::nullopt;
  const auto high = e.size() == 2 ? parse_number(e[1].text()) : std::nullopt;
  if (!low || !high || !std::isfinite(*low) || !std::isfinite(*high)) return expected(c, what, "a range of two numbers [low, high]", faults);
  if (*low >= *high) return faults.add(c.mark(), fmt::format("{}: the range [{}, {}] is {}, write the smaller number first", what, *low, *high, *low == *high ? "empty" : "upside down"));
  out = {*low, *high};
}

void read_option(const Config& c, std::vector<double>& out, const Limits& limits, const std::string& what, Faults& faults) {
  read_list(c, out, limits, what, "a list of numbers", faults);
}

void read_option(const Config& c, std::vector<std::string>& out, const Limits& limits, const std::string& what, Faults& faults) {
  read_list(c, out, limits, what, "a list of texts", faults);
}

void read_option(const Config& c, Config& out, const Limits&, const std::string&, Faults&) { out = c; }

std::string show(bool v) { return v ? "true" : "false"; }
std::string show(double v) { return fmt::format("{}", v); }
std::string show(std::int64_t v) { return fmt::format("{}", v); }
std::string show(const std::string& v) { return v.empty() ? "none" : v; }
std::string show(const Seconds& v) { return fmt::format("{}s", v.value); }
std::string show(const Bytes& v) { return fmt::format("{}B", v.value); }
std::string show(const Range& v) { return fmt::format("[{}, {}]", v.low, v.high); }
std::string show(const std::vector<double>& v) { return fmt::format("[{}]", fmt::join(v, ", ")); }
std::string show(const std::vector<std::string>& v) { return fmt::format("[{}]", fmt::join(v, ", ")); }
std::string show(const Config&) { return "none"; }

void check_keys(const Config& map, const std::vector<std::string>& known, const std::string& where, Faults& faults) {
  for (const Config::Item& item : map.items())
    if (std::find(known.begin(), known.end(), item.key) == known.end())
      faults.add(item.mark, fmt::format("{}: unknown key '{}'{}", where, item.key, suggestion(item.key, known)));
}

}  // namespace umbra::detail
