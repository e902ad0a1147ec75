#include "workflows/replay.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>

#include "jobs/clock.h"
#include "jobs/host_name.h"
#include "src/base/error.h"

namespace umbra {
namespace {

constexpr double turn_s = 1e-3;  // collect() goes on this long
constexpr std::size_t most_bytes = std::size_t{256} << 20;
constexpr std::size_t queued = 256;
constexpr std::uint64_t rows_in_memory = 1 << 20;  // of all slices

class ReplayExecutor final : public Executor {
 public:
  ReplayExecutor(const ReplayOptions& options, Store& store) : options_(options), store_(store), collected_(1), host_(host_name()) {
    const std::uint64_t block = std::max<std::uint64_t>(rows_in_memory / options_.slices.size(), 1024);
    for (const SliceRun& s : options_.slices) outcomes_.emplace_back(s.directory, options_.table, block);
  }

  int ranks() const override { return 1; }
  std::size_t room() const override { return queued - std::min(queue_.size(), queued); }
  void submit(std::vector<Task> tasks) override {
    for (Task& t : tasks) queue_.push_back(std::move(t));
  }

  void collect(std::vector<Outcome>& finished, double patience) override {
    if (store_.buffered_bytes() > most_bytes) {
      std::this_thread::sleep_for(std::chrono::duration<double>(patience));
      return;
    }
    for (const double end = now() + turn_s; !queue_.empty() && now() < end; queue_.pop_front()) finished.push_back(outcome_of(queue_.front()));
  }

  std::vector<InFlight> in_flight() const override {
    std::vector<InFlight> all;
    for (const Task& t : queue_) all.push_back({t.kind, t.id, -1, 0.0});
    return all;
  }
  std::size_t in_flight_count() const override { return queue_.size(); }
  const std::vector<std::uint64_t>& collected() const override { return collected_; }
  const std::string& host(int) const override { return host_; }
  double now() const override { return unix_now(); }
  ExecutorStatistics statistics() const override { return {}; }
  bool stop() override {
    queue_.clear();
    return true;
  }

 private:
  Outcome outcome_of(const Task& task) {
    const std::size_t slice = slice_of(task.id);
    std::string host;
    auto outcome = outcomes_[slice].take(task.id, host);
    VALIDATE(outcome, "slice {} in {} has no outcome of task {}: run it again, from the start (--fresh)", to_text(options_.slices[slice].slice),
             options_.slices[slice].directory, task.id);
    if (!outcome->rows.empty() && options_.values_of_rows) options_.values_of_rows(*outcome);
    outcome->row_numbers = static_cast<std::uint32_t>(outcome->rows.size());
    store_.recover(*outcome, host);
    outcome->rows.clear();
    return std::move(*outcome);
  }

  std::size_t slice_of(TaskId id) const {
    const auto found = std::find_if(options_.slices.begin(), options_.slices.end(), [id](const SliceRun& s) { return s.slice.has(id); });
    return static_cast<std::size_t>(found - options_.slices.begin());
  }

  ReplayOptions options_;
  Store& store_;
  std::vector<FinishedOutcomes> outcomes_;
  std::deque<Task> queue_;
  std::vector<std::uint64_t> collected_;
  std::string host_;
};

}  // namespace

std::unique_ptr<Executor> make_replay_executor(const ReplayOptions& options, Store& store) { return std::make_unique<ReplayExecutor>(options, store); }

}  // namespace umbra
