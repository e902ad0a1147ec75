#pragma once
// The outcomes of a finished campaign one by one, in task order, with their rows and messages: what `umbra merge` takes from the slices.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "src/base/task.h"

namespace umbra {

class FinishedOutcomes {
 public:
  /// @param run        a run directory whose results are merged into plain datasets (Reader::merged())
  /// @param table      the name of the table whose outcomes these are
  /// @param block_rows rows in memory at a time
  /// Throws UserError where results.h5 is missing, damaged, or has no such table.
  FinishedOutcomes(const std::string& run, const std::string& table, std::uint64_t block_rows);
  ~FinishedOutcomes();
  FinishedOutcomes(FinishedOutcomes&&) noexcept;

  /// The outcome of a task, or nothing where it is not there; ids ascend from call to call. `host` becomes "" where the table says none. Outcomes of
  /// tables of rows come without values (Plan::values_of_rows), start and duration.
  std::optional<Outcome> take(TaskId id, std::string& host);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
