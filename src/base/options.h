#pragma once
// Options of a sampler, model, constraint ...: declared once as members of a plain struct, then read from the job file, checked,
// and listed by `umbra list` from the same declaration.

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/base/config.h"

namespace umbra {

/// A duration in seconds; reads "60s", "2h", "1-00:00:00".
struct Seconds {
  double value = 0.0;
};
/// A size; reads "2GB".
struct Bytes {
  double value = 0.0;
};
/// Lower and upper end; reads a list of two numbers, the second above the first.
struct Range {
  double low = 0.0;
  double high = 1.0;
};

/// What `umbra list` prints of an option.
struct OptionDoc {
  std::string name;
  std::string type;
  std::string default_value;  ///< "required" where there is none
  std::string meaning;
  bool stops = false;         ///< a stop criterion: the job may give it under `stop`
};

/// What values an option may have.
struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  std::vector<std::string> choices;
  bool required = false;
  bool stops = false;
};
inline Limits at_least(double low) { return {.low = low, .choices = {}}; }
inline Limits above(double low) { return {.low = low, .low_open = true, .choices = {}}; }
inline Limits between(double low, double high) { return {.low = low, .high = high, .choices = {}}; }
inline Limits one_of(std::vector<std::string> choices) { return {.choices = std::move(choices)}; }
inline Limits required(Limits limits = {}) {
  limits.required = true;
  return limits;
}
/// An option of a sampler that says when to stop: the job may give it under `stop` as well.
inline Limits stop_criterion(Limits limits = {}) {
  limits.stops = true;
  return limits;
}

namespace detail {
// Reads one value; on a fault adds it and leaves `out` alone. `what` names the option in messages.
void read_option(const Config&, bool& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, double& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, std::int64_t& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, std::string& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, Seconds& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, Bytes& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, Range& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, std::vector<double>& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, std::vector<std::string>& out, const Limits&, const std::string& what, Faults&);
void read_option(const Config&, Config& out, const Limits&, const std::string& what, Faults&);
template <class T>
  requires std::is_integral_v<T>
void read_option(const Config& c, T& out, const Limits& limits, const std::string& what, Faults& faults) {
  std::int64_t wide = static_cast<std::int64_t>(out);
  Limits checked = limits;
  if (std::is_unsigned_v<T> && checked.low < 0) checked.low = 0, checked.low_open = false;
  if (sizeof(T) < 8 && checked.high > static_cast<double>(std::numeric_limits<T>::max())) checked.high = static_cast<double>(std::numeric_limits<T>::max());
  read_option(c, wide, checked, what, faults);
  out = static_cast<T>(wide);
}
template <class T>
void read_option(const Config& c, std::optional<T>& out, const Limits& limits, const std::string& what, Faults& faults) {
  T value{};
  const std::size_t before = faults.size();
  read_option(c, value, limits, what, faults);
  if (faults.size() == before) out = std::move(value);
}

std::string show(bool);
std::string show(double);
std::string show(std::int64_t);
std::string show(const std::string&);
std::string show(const Seconds&);
std::string show(const Bytes&);
std::string show(const Range&);
std::string show(const std::vector<double>&);
std::string show(const std::vector<std::string>&);
std::string show(const Config&);
template <class T>
  requires std::is_integral_v<T>
std::string show(T v) {
  return show(static_cast<std::int64_t>(v));
}
template <class T>
std::string show(const std::optional<T>& v) {
  return v ? show(*v) : "none";
}

template <class T>
std::string type_name() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_integral_v<T>) return "whole number";
  else if constexpr (std::is_floating_point_v<T>) return "number";
  else if constexpr (std::is_same_v<T, std::string>) return "text";
  else if constexpr (std::is_same_v<T, Seconds>) return "duration";
  else if constexpr (std::is_same_v<T, Bytes>) return "size";
  else if constexpr (std::is_same_v<T, Range>) return "[low, high]";
  else if constexpr (std::is_same_v<T, std::vector<double>>) return "list of numbers";
  else if constexpr (std::is_same_v<T, std::vector<std::string>>) return "list of texts";
  else if constexpr (std::is_same_v<T, Config>) return "see docs";
  else return type_name<typename T::value_type>();
}

void check_keys(const Config& map, const std::vector<std::string>& known, const std::string& where, Faults& faults);
}  // namespace detail

/// The options of one component. O is a plain struct whose member initialisers are the defaults.
template <class O>
class OptionSet {
 public:
  template <class T>
  OptionSet& add(std::string name, T O::* member, std::string meaning, Limits limits = {}) {
    options_.push_back({std::move(name), std::move(meaning), limits, detail::type_name<T>(), detail::show(O{}.*member),
                        [member, limits](const Config& c, O& o, const std::string& what, Faults& f) { detail::read_option(c, o.*member, limits, what, f); }});
    return *this;
  }

  /// Reads a map. Unknown keys (but for those in `also`, which others read), wrong types and values out of limits become faults.
  O read(const Config& map, Faults& faults, const std::string& where, std::vector<std::string> also = {"type"}) const {
    O result{};
    if (!map.is_map() && !map.is_null()) {
      faults.add(map.mark(), where + ": expected a map of options, found " + std::string(Config::describe(map.kind())));
      return result;
    }
    for (const Option& option : options_) {
      also.push_back(option.name);
      if (const Config* value = map.find(option.name)) option.read(*value, result, where + ": " + option.name, faults);
      else if (option.limits.required) faults.add(map.mark(), where + ": '" + option.name + "' is missing (" + option.meaning + ")");
    }
    detail::check_keys(map, also, where, faults);
    return result;
  }

  std::vector<OptionDoc> describe() const {
    std::vector<OptionDoc> docs;
    for (const Option& o : options_) {
      std::string type = o.type;
      if (!o.limits.choices.empty()) {
        type.clear();
        for (const std::string& c : o.limits.choices) type += (type.empty() ? "" : " | ") + c;
      }
      docs.push_back({o.name, type, o.limits.required ? "required" : o.default_value, o.meaning, o.limits.stops});
    }
    return docs;
  }

 private:
  struct Option {
    std::string name, meaning;
    Limits limits;
    std::string type, default_value;
    std::function<void(const Config&, O&, const std::string&, Faults&)> read;
  };
  std::vector<Option> options_;
};

}  // namespace umbra
