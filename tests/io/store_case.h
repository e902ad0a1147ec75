#pragma once
// A small campaign by hand: ranks make outcomes, the coordinator's journal notes them, drains and a merge write them.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "io/checkpoint.h"
#include "io/journal.h"
#include "io/store.h"

namespace umbra::store_case {

inline std::vector<Table> tables() {
  return {{.name = "points",
           .kind = TaskKind::point,
           .columns = {{"u_x", "", "u_x", Role::parameter}, {"x", "GeV", "x", Role::parameter}, {"log_likelihood", "", "\\ln L", Role::likelihood}},
           .source = RowSource::values},
          {.name = "toys", .kind = TaskKind::toys, .columns = {{"hypothesis", "", "\\mu", Role::parameter}, {"q", "", "q", Role::observable}}, .source = RowSource::rows}};
}

/// The outcome of a point is a function of its id.
inline Outcome point(TaskId id, int rank) {
  Outcome o;
  o.kind = TaskKind::point;
  o.id = id;
  o.rank = rank;
  o.phase = static_cast<std::int32_t>(id % 3);
  o.start = 1.7e9 + static_cast<double>(id);
  o.duration = 0.5;
  if (id % 7 == 3) {
    o.status = Status::timeout;
    o.message = "too slow: " + std::to_string(id);
  }
  const double x = static_cast<double>(id) * 0.37;
  o.values = {x - std::floor(x), x, id % 11 == 5 ? -INFINITY : -x * x};
  return o;
}

/// A block of toys: 3 + id % 4 rows.
inline Outcome toys(TaskId id, int rank) {
  Outcome o;
  o.kind = TaskKind::toys;
  o.id = id;
  o.rank = rank;
  for (TaskId i = 0; i < 3 + id % 4; ++i) o.rows.insert(o.rows.end(), {static_cast<double>(id), static_cast<double>(id * 100 + i)});
  o.row_numbers = static_cast<std::uint32_t>(o.rows.size());
  return o;
}

}  // namespace umbra::store_case
