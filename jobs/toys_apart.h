#pragma once
// Toys made in a child process, so that a crash or an endless loop in a user's likelihood is the status of one toy.

#include <memory>

#include "jobs/child.h"
#include "src/base/task.h"
#include "src/statistics/toy_tasks.h"

namespace umbra {

/// One per rank. The child lives on from task to task.
class ToysApart {
 public:
  explicit ToysApart(ToyTasks& tasks) : tasks_(tasks) {}

  /// As tasks.run(task, outcome), bit for bit, where nothing goes wrong. A toy that ends a fresh process, or takes longer than `timeout_s`, has rows of status
  /// crashed or timeout; those after it are made in another. Cost: two messages a toy; two forks for each such toy, and one for each new hypothesis.
  /// The fits to the observed data are made in this process.
  void run(const Task& task, double timeout_s, Outcome& outcome);

 private:
  void start();
  void ask(ToyRequest request);

  ToyTasks& tasks_;
  std::unique_ptr<Child> child_;
  std::size_t known_ = 0;  ///< fits to the observed data that child_ has
};

}  // namespace umbra
