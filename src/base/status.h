#pragma once
// How the evaluation of a point ended. The numbers are in every result file: never renumber.

#include <array>
#include <cstdint>
#include <string_view>

namespace umbra {

enum class Status : std::int32_t {
  ok = 0,
  unphysical = 1,
  timeout = 2,
  signal = 3,
  exit_code = 4,
  no_output = 5,
  parse_error = 6,
  out_of_memory = 7,
  output_too_large = 8,
  not_finite = 9,
  protocol_error = 10,
  start_failed = 11,
  outside_box = 12,
  killed_rank = 13,
  too_long = 14,
  skipped = 15,
};

inline constexpr std::array<std::string_view, 16> status_names = {
    "ok",         "unphysical",       "timeout",    "signal",         "exit_code",    "no_output",   "parse_error", "out_of_memory",
    "output_too_large", "not_finite", "protocol_error", "start_failed", "outside_box", "killed_rank", "too_long", "skipped"};

constexpr std::string_view name(Status s) { return status_names[static_cast<std::size_t>(s)]; }

/// Whether a status counts towards the failure budget: unphysical, outside_box and skipped never do.
constexpr bool is_failure(Status s) {
  return s != Status::ok && s != Status::unphysical && s != Status::outside_box && s != Status::skipped;
}

}  // namespace umbra
