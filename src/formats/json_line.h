#pragma once
// The lines of the program protocol (docs/program_protocol.md): a point there, an answer back.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/column.h"
#include "src/base/status.h"

namespace umbra {

inline constexpr int program_protocol_version = 1;

/// {"umbra": 1, "parameters": [...]} and a newline.
std::string hello_line(const std::vector<std::string>& parameters);
/// Reads {"umbra": 1, "columns": ["chi2", {"name": ..., "unit": ..., "label": ...}]}. @throws UserError that says what is wrong with it
std::vector<Column> read_hello(std::string_view line);

/// {"id":..,"seed":..,"theta":[..]} and a newline, written into `line`. About 50 ns a number.
void write_point(std::string& line, std::uint64_t id, std::uint64_t seed, std::span<const double> theta);

struct Answer {
  bool good = false;      ///< the line keeps to the protocol
  std::uint64_t id = 0;
  Status status = Status::ok;
  std::string message;    ///< the program's own, or what is wrong with the line
};

/// Whether a model may say this of a point; the other statuses are for Umbra to give.
bool sayable(Status status);

/// Reads {"id": 7, "values": [125.1, null, ...]} (also {"name": number, ...}), or {"id": 7, "status": "unphysical", "message": "..."}. null says that
/// a value was not computed, and leaves NaN; NaN and Infinity, as Python writes them, are `not_finite`; -Infinity is a likelihood of zero. Values go to `row` in the order of `columns`. About 50 ns a number in the first form.
Answer read_answer(std::string_view line, const std::vector<Column>& columns, std::span<double> row);

}  // namespace umbra
