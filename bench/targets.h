#pragma once
// The figures of a benchmark that have a target: each is printed beside it, and the program's exit code is 1 where one misses it.

#include <fmt/format.h>

#include <string>

namespace umbra::bench {

/// For one rank: the one that prints.
class Targets {
 public:
  std::string at_least(double value, double wanted) { return judged(value >= wanted, "at least", wanted); }
  std::string at_most(double value, double wanted) { return judged(value <= wanted, "at most", wanted); }
  int exit_code() const { return missed_ ? 1 : 0; }

 private:
  std::string judged(bool met, const char* how, double wanted) {
    missed_ = missed_ || !met;  // a NaN misses as well
    return fmt::format("(wanted: {} {}{})", how, wanted, met ? "" : ": MISSED");
  }

  bool missed_ = false;
};

}  // namespace umbra::bench
