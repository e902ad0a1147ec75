#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <queue>

#include "jobs/busy_time.h"
#include "jobs/run_task.h"
#include "jobs/task_error.h"
#include "src/base/random.h"

namespace umbra {

namespace {

class VirtualExecutor final : public Executor {
 public:
  VirtualExecutor(WorkFactory factory, RowSink& sink, const VirtualTime& options)
      : options_(options), sink_(sink), factory_(std::move(factory)), host_("virtual"), running_(options.ranks), collected_(options.ranks), busy_(options.ranks) {
    VALIDATE(options.ranks > 0 && options.mean_s > 0 && options.sigma >= 0 && options.latency_s >= 0,
             "virtual time needs at least one rank, a mean duration above zero and no negative spread or latency, got {} ranks, {} s, {}, {} s", options.ranks, options.mean_s,
             options.sigma, options.latency_s);
    for (int r = options.ranks - 1; r >= 0; --r) idle_.push_back(r);
  }

  int ranks() const override { return options_.ranks; }

  std::size_t room() const override {
    // A reserve here saves a rank that becomes free the way through the campaign.
    const std::size_t want = options_.ranks + options_.ranks / 4 + 1;
    return in_flight_count() < want ? want - in_flight_count() : 0;
  }

  void submit(std::vector<Task> tasks) override {
    for (Task& task : tasks) queue_.push_back({std::move(task), submitted_++});
    dispatch();
  }

  void collect(std::vector<Outcome>& finished, double patience) override {
    if (error_) throw *error_;
    if (events_.empty()) return;
    const double first = events_.top().arrival;
    if (first > now_ + patience) {
      now_ += std::max(0.0, patience);
      return;
    }
    now_ = std::max(now_, first);
    while (!events_.empty() && events_.top().arrival <= now_) {
      const int rank = events_.top().rank;
      events_.pop();
      Outcome& outcome = running_[rank].outcome;
      sink_.keep(outcome);
      outcome.rows.clear();
      busy_.add(rank, outcome.start, outcome.duration);
      ++collected_[rank];
      finished.push_back(std::move(outcome));
      idle_.push_back(rank);
    }
    dispatch();
  }

  std::vector<InFlight> in_flight() const override {
    std::vector<std::pair<std::uint64_t, InFlight>> sorted;
    for (auto events = events_; !events.empty(); events.pop()) {
      const int rank = events.top().rank;
      const Running& run = running_[rank];
      sorted.push_back({run.sequence, {run.outcome.kind, run.outcome.id, rank, run.sent}});
    }
    for (const Queued& queued : queue_) sorted.push_back({queued.sequence, {queued.task.kind, queued.task.id, -1, 0.0}});
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<InFlight> result;
    for (const auto& [sequence, task] : sorted) result.push_back(task);
    return result;
  }

  std::size_t in_flight_count() const override { return queue_.size() + events_.size(); }
  const std::vector<std::uint64_t>& collected() const override { return collected_; }
  const std::string& host(int) const override { return host_; }
  double now() const override { return now_; }

  ExecutorStatistics statistics() const override {
    std::vector<double> begun;
    for (auto events = events_; !events.empty(); events.pop()) begun.push_back(running_[events.top().rank].outcome.start);
    return busy_.statistics(begun);
  }

  bool stop() override {
    queue_.clear();
    return true;
  }

 private:
  struct Queued {
    Task task;
    std::uint64_t sequence;
  };
  struct Running {
    Outcome outcome;
    std::uint64_t sequence;
    double sent;
  };
  struct Event {
    double arrival;
    std::uint64_t sequence;
    int rank;
    bool operator>(const Event& o) const { return arrival != o.arrival ? arrival > o.arrival : sequence > o.sequence; }
  };

  double duration_of(const Task& task, const Outcome& outcome) const {
    if (options_.duration) return options_.duration(task, outcome);
    RandomStream stream(options_.seed, Purpose::virtual_time, task.id, static_cast<std::uint64_t>(task.kind));
    return options_.mean_s * std::exp(options_.sigma * stream.normal() - 0.5 * options_.sigma * options_.sigma);
  }

  void dispatch() {
    while (!queue_.empty() && !idle_.empty() && !error_) {
      const Queued queued = std::move(queue_.front());
      queue_.pop_front();
      const int rank = idle_.back();
      idle_.pop_back();
      Running& run = running_[rank];
      run.outcome = {};
      try {
        if (!work_) work_ = factory_();
        run_task(*work_, queued.task, run.outcome);
      } catch (...) {
        error_ = task_error(rank, queued.task.kind, queued.task.id, current_exception_text());
        return;
      }
      run.sequence = queued.sequence;
      run.sent = now_;
      run.outcome.kind = queued.task.kind;
      run.outcome.id = queued.task.id;
      run.outcome.rank = rank;
      run.outcome.row_numbers = static_cast<std::uint32_t>(run.outcome.rows.size());
      run.outcome.start = now_ + options_.latency_s;
      run.outcome.duration = duration_of(queued.task, run.outcome);
      events_.push({run.outcome.start + run.outcome.duration + options_.latency_s, run.sequence, rank});
    }
  }

  VirtualTime options_;
  RowSink& sink_;
  WorkFactory factory_;
  std::unique_ptr<Work> work_;
  std::string host_;
  double now_ = 0.0;
  std::uint64_t submitted_ = 0;
  std::deque<Queued> queue_;
  std::vector<int> idle_;
  std::vector<Running> running_;  // [ranks]
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::uint64_t> collected_;
  BusyTime busy_;
  std::optional<UserError> error_;
};

}  // namespace

std::unique_ptr<Executor> make_virtual_executor(WorkFactory work, RowSink& sink, const VirtualTime& options) {
  return std::make_unique<VirtualExecutor>(std::move(work), sink, options);
}

}  // namespace umbra
