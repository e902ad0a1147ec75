#include <algorithm>
#include <deque>

#include "jobs/busy_time.h"
#include "jobs/clock.h"
#include "jobs/host_name.h"
#include "jobs/pace.h"
#include "jobs/run_task.h"
#include "jobs/task_error.h"

namespace umbra {

namespace {

constexpr double slice_s = 1e-3;  // collect() goes on this long with cheap tasks

class SerialExecutor final : public Executor {
 public:
  SerialExecutor(WorkFactory factory, RowSink& sink) : factory_(std::move(factory)), sink_(sink), collected_(1), host_(host_name()), busy_(1) {}

  int ranks() const override { return 1; }

  std::size_t room() const override {
    const TaskKind kind = queue_.empty() ? last_kind_ : queue_.back().kind;
    const double fit = pace_.known(kind) ? std::clamp(slice_s / pace_.expected(kind), 1.0, 1024.0) : 1.0;
    return queue_.size() < fit ? static_cast<std::size_t>(fit) - queue_.size() : 0;
  }

  void submit(std::vector<Task> tasks) override {
    for (Task& task : tasks) queue_.push_back(std::move(task));
  }

  void collect(std::vector<Outcome>& finished, double) override {
    const double end = now() + slice_s;
    for (double time = 0.0; !queue_.empty() && time < end;) {
      const Task& task = queue_.front();
      Outcome& outcome = finished.emplace_back();
      outcome.start = now();
      try {
        if (!work_) work_ = factory_();
        run_task(*work_, task, outcome);
      } catch (...) {
        finished.pop_back();
        throw task_error(0, task.kind, task.id, current_exception_text());
      }
      time = now();
      outcome.kind = task.kind;
      outcome.id = task.id;
      outcome.rank = 0;
      outcome.duration = time - outcome.start;
      outcome.row_numbers = static_cast<std::uint32_t>(outcome.rows.size());
      sink_.keep(outcome);
      outcome.rows.clear();
      pace_.learn(task.kind, outcome.duration);
      busy_.add(0, outcome.start, outcome.duration);
      ++collected_[0];
      last_kind_ = task.kind;
      queue_.pop_front();
    }
  }

  std::vector<InFlight> in_flight() const override {
    std::vector<InFlight> result;
    for (const Task& task : queue_) result.push_back({task.kind, task.id, -1, 0.0});
    return result;
  }
  std::size_t in_flight_count() const override { return queue_.size(); }
  const std::vector<std::uint64_t>& collected() const override { return collected_; }
  const std::string& host(int) const override { return host_; }
  double now() const override { return unix_now(); }
  ExecutorStatistics statistics() const override { return busy_.statistics({}); }
  bool stop() override {
    queue_.clear();
    return true;
  }

 private:
  WorkFactory factory_;
  RowSink& sink_;
  std::unique_ptr<Work> work_;
  std::deque<Task> queue_;
  TaskKind last_kind_ = TaskKind::point;
  std::vector<std::uint64_t> collected_;
  std::string host_;
  Pace pace_;
  BusyTime busy_;
};

}  // namespace

std::unique_ptr<Executor> make_serial_executor(WorkFactory work, RowSink& sink) { return std::make_unique<SerialExecutor>(std::move(work), sink); }

}  // namespace umbra
