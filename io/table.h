#pragma once
// What the shared result consists of.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "src/base/column.h"
#include "src/base/task.h"

namespace umbra {

/// Which part of an outcome makes the rows of a table.
enum class RowSource {
  values,  ///< one row an outcome, with id, status, phase, rank, host, start and duration before its columns; failures go to /failures
  rows,    ///< as many rows as Outcome::rows holds, each with the id of its outcome before its columns; not recoverable from the journal
};

/// The table of a kind of tasks: group `name` of results.h5, one 1-D dataset a column. Kinds without a table leave no rows.
struct Table {
  std::string name = "points";
  TaskKind kind = TaskKind::point;
  std::vector<Column> columns;  ///< of Outcome::values or Outcome::rows, in their order
  RowSource source = RowSource::values;
};

using Attribute = std::variant<std::int64_t, double, std::string>;
using Attributes = std::map<std::string, Attribute>;

/// What a campaign has been told of a kind of tasks: its table holds rows for all of that.
struct Claim {
  std::uint64_t outcomes = 0;
  std::uint64_t row_numbers = 0;  ///< sum of Outcome::row_numbers
};
using Claims = std::array<Claim, num_task_kinds>;

inline void count(Claims& claims, const Outcome& outcome) {
  Claim& c = claims[static_cast<std::size_t>(outcome.kind)];
  ++c.outcomes;
  c.row_numbers += outcome.row_numbers;
}
inline std::uint64_t rows_claimed(const Table& table, const Claims& claims) {
  const Claim& c = claims[static_cast<std::size_t>(table.kind)];
  return table.source == RowSource::values ? c.outcomes : c.row_numbers / table.columns.size();
}

/// A 1-D dataset given by the caller.
struct Series {
  std::string name;
  std::variant<std::vector<std::int64_t>, std::vector<double>> values;
  std::string unit;
  std::string label;
};

/// A group of the final result given by the caller: /posterior, /summary. `path` may be nested ("summary/limits").
struct Group {
  std::string path;
  Attributes attributes;
  std::vector<Series> series;
};

}  // namespace umbra
