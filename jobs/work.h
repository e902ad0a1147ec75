#pragma once
// What a rank does with a task, and where the rows go that it makes.

#include <functional>
#include <memory>

#include "src/base/task.h"

namespace umbra {

/// Does tasks. One per rank, used by one thread (the rank's evaluation thread) from construction to destruction.
class Work {
 public:
  virtual ~Work() = default;
  /// Fills status, phase, message, values, rows and blob of `outcome`; the executor fills the rest (kind, id, rank, start, duration).
  /// `outcome` may hold the vectors of an earlier one, to be overwritten. A bad point is a status; an exception is a bug or a broken environment and ends the campaign with one
  /// message that names rank and task.
  virtual void run(const Task& task, Outcome& outcome) = 0;
  /// Fills `values` (and `rows`) of a task that cannot be done, so that its row says which it was; its status is set by the caller.
  virtual void describe(const Task& /*task*/, Outcome& /*outcome*/) {}
};

/// Makes the Work of a rank, on its evaluation thread.
using WorkFactory = std::function<std::unique_ptr<Work>()>;

/// Takes the rows of outcomes at the rank that made them, on its evaluation thread, before the coordinator hears of the outcome.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void keep(const Outcome& outcome) = 0;
};

}  // namespace umbra
