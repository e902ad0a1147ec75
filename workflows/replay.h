#pragma once
// Finished runs in the place of ranks: a campaign that asks for tasks is given the outcomes that slices have made.

#include <functional>
#include <memory>
#include <vector>

#include "io/finished_outcomes.h"
#include "io/store.h"
#include "jobs/executor.h"
#include "src/base/slice.h"

namespace umbra {

/// A finished slice, by its run directory.
struct SliceRun {
  std::string directory;
  Slice slice;
};

struct ReplayOptions {
  std::vector<SliceRun> slices;  ///< all of one count, in the order of their index
  std::string table;             ///< whose outcomes are taken
  std::function<void(Outcome&)> values_of_rows;
};

/// Rows go to the store by Store::recover(). collect() throws UserError, naming slice and task, where a slice lacks one of its tasks. Memory: a block of
/// rows of each slice, and at most a quarter of a GB of rows that are not written yet.
std::unique_ptr<Executor> make_replay_executor(const ReplayOptions& options, Store& store);

}  // namespace umbra
