#pragma once
// Works and sinks for the tests of executors.

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "jobs/executor.h"

namespace umbra::test {

/// A Work made of a function.
class FunctionWork final : public Work {
 public:
  using Function = std::function<void(const Task&, Outcome&)>;
  explicit FunctionWork(Function function) : function_(std::move(function)) {}
  void run(const Task& task, Outcome& outcome) override { function_(task, outcome); }

 private:
  Function function_;
};
inline WorkFactory work_of(FunctionWork::Function function) {
  return [function] { return std::make_unique<FunctionWork>(function); };
}

/// Remembers what was kept, in order.
class MemorySink final : public RowSink {
 public:
  void keep(const Outcome& outcome) override {
    std::lock_guard lock(mutex_);
    ids_.push_back(outcome.id);
    for (double x : outcome.rows) sum_ += x;
    num_rows_ += outcome.rows.size();
  }
  std::vector<TaskId> ids() const {
    std::lock_guard lock(mutex_);
    return ids_;
  }
  double sum() const {
    std::lock_guard lock(mutex_);
    return sum_;
  }
  std::size_t num_rows() const {
    std::lock_guard lock(mutex_);
    return num_rows_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<TaskId> ids_;
  double sum_ = 0.0;
  std::size_t num_rows_ = 0;
};

inline Task number_task(TaskId id, double x, TaskKind kind = TaskKind::point) { return {kind, id, pack(std::vector<double>{x})}; }

/// Keeps an executor fed with tasks 0 ... n-1 until all are collected; what came back in the order of arrival.
inline std::vector<Outcome> run_all(Executor& executor, std::size_t n, const std::function<Task(TaskId)>& make) {
  std::vector<Outcome> all;
  std::size_t given = 0;
  while (all.size() < n) {
    std::vector<Task> tasks;
    for (std::size_t room = executor.room(); room > 0 && given < n; --room) tasks.push_back(make(given++));
    executor.submit(std::move(tasks));
    executor.collect(all, 1.0);
  }
  return all;
}

/// Whether every id 0 ... n-1 is there once.
inline bool each_once(const std::vector<Outcome>& all, std::size_t n) {
  std::vector<int> seen(n, 0);
  for (const Outcome& o : all)
    if (o.id >= n || seen[o.id]++ != 0) return false;
  return all.size() == n;
}

}  // namespace umbra::test
