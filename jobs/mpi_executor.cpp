#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "jobs/backoff.h"
#include "jobs/busy_time.h"
#include "jobs/clock.h"
#include "jobs/communicator_handle.h"
#include "jobs/host_name.h"
#include "jobs/mpi_port.h"
#include "jobs/rank_queue.h"
#include "jobs/task_error.h"
#include "jobs/worker.h"

namespace umbra {

using namespace std::chrono_literals;

namespace {

constexpr double look_after_s = 0.02;  // how often a rank's evaluation is looked after
constexpr auto watch_step = 20ms;
constexpr double shortest_depth_s = 5e-3, longest_depth_s = 60e-3;
constexpr auto listen_step = 50ms;       // how often it is seen whether the caller is away, or was since
constexpr double shortest_nap_s = 20e-6;
constexpr std::size_t outcomes_at_once = 10000;  // then the caller has its turn

class MpiExecutor final : public Executor {
 public:
  MpiExecutor(const Communicator& ranks, std::vector<std::string> hosts, WorkFactory work, RowSink& sink, const ExecutorOptions& options)
      : ranks_(ranks), comm_(ranks.handle().comm), options_(options), hosts_(std::move(hosts)), inbox_(comm_), outbox_(comm_), queues_(ranks.size()), collected_(ranks.size()), busy_(ranks.size()) {
    listener_ = std::jthread([this](const std::stop_token& end) { listen_on(end); });
    first_worker_ = options.coordinator_evaluates || ranks.size() == 1 ? 0 : 1;
    if (first_worker_ == 1) return;
    auto port = std::make_unique<LocalPort>();
    port_ = port.get();
    worker_ = std::make_shared<Worker>(std::move(work), sink, std::move(port), 0);
    worker_->start();
    answer_promptly();  // after the start: a new thread takes after its maker
  }

  ~MpiExecutor() override {
    try {
      stop();
    } catch (const std::exception&) {
      // MPI has failed: whoever reports that ends all ranks.
    }
  }

  int ranks() const override { return ranks_.size(); }

  std::size_t room() const override {
    const std::scoped_lock turn(turn_);
    if (stopped_ || error_) return 0;
    const std::size_t ahead = portion(pace_, queue_.empty() ? last_kind_ : queue_.back().task.kind, depth_s_, options_.batch).ahead;
    // Where ranks have little ahead, a reserve here saves a rank that becomes free the way through the campaign.
    std::size_t want = 1 + (ahead <= 2 ? queues_.size() / 4 : 0);
    for (std::size_t r = first_worker_; r < queues_.size(); ++r)
      if (!queues_[r].stalled && queues_[r].sent.size() < ahead) want += ahead - queues_[r].sent.size();
    return want > queue_.size() ? want - queue_.size() : 0;
  }

  void submit(std::vector<Task> tasks) override {
    EXPECT(!stopped_);
    if (tasks.empty()) return;
    const std::scoped_lock turn(turn_);
    last_kind_ = tasks.back().kind;
    for (Task& task : tasks) queue_.push_back({std::move(task), submitted_++});
    dispatch();
  }

  void collect(std::vector<Outcome>& finished, double patience) override {
    const std::scoped_lock turn(turn_);
    away_ = false;
    if (listener_error_) std::rethrow_exception(listener_error_);
    const std::size_t before = finished.size();
    for (Outcome& outcome : waiting_) {
      ++collected_[outcome.rank];
      finished.push_back(std::move(outcome));
    }
    waiting_.clear();
    if (stopped_) return;
    const std::size_t taken = finished.size();
    const double deadline = now() + (num_in_flight() > 0 ? patience : std::min(patience, 0.1));
    Backoff backoff = gentle_backoff();
    while (true) {
      const double time = progress(finished);
      for (std::size_t i = taken; i < finished.size(); ++i) ++collected_[finished[i].rank];
      dispatch();
      if (finished.size() > before) return;
      if (error_) throw *error_;
      if (time >= deadline) return;
      wait(backoff, deadline - time);
    }
  }

  void listen(std::function<void(const Outcome&)> arrived) override {
    const std::scoped_lock turn(turn_);
    arrived_ = std::move(arrived);
  }

  void waiting(const std::function<void(std::span<const Outcome>)>& look) override {
    const std::scoped_lock turn(turn_);
    look(waiting_);
  }

  std::vector<InFlight> in_flight() const override {
    const std::scoped_lock turn(turn_);
    std::vector<std::pair<std::uint64_t, InFlight>> sorted;
    for (std::size_t r = 0; r < queues_.size(); ++r)
      for (std::size_t i = 0; i < queues_[r].sent.size(); ++i) {
        const SentTask& task = queues_[r].sent[i];
        sorted.push_back({task.sequence, {task.kind, task.id, static_cast<int>(r), task.sent}});
      }
    for (std::size_t i = 0; i < queue_.size(); ++i) sorted.push_back({queue_[i].sequence, {queue_[i].task.kind, queue_[i].task.id, -1, 0.0}});
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<InFlight> result;
    result.reserve(sorted.size());
    for (const auto& [sequence, task] : sorted) result.push_back(task);
    return result;
  }

  std::size_t in_flight_count() const override {
    const std::scoped_lock turn(turn_);
    return num_in_flight();
  }
  const std::vector<std::uint64_t>& collected() const override { return collected_; }
  const std::string& host(int rank) const override { return hosts_.at(rank); }
  double now() const override { return unix_now(); }

  ExecutorStatistics statistics() const override {
    const std::scoped_lock turn(turn_);
    std::vector<double> begun;
    for (std::size_t r = 0; r < queues_.size(); ++r)
      if (!queues_[r].sent.empty()) begun.push_back(std::max(queues_[r].sent.front().sent, busy_.end(static_cast<int>(r))));
    return busy_.statistics(begun);
  }

  bool stop() override {
    if (listener_.joinable()) {
      listener_.request_stop();
      listener_.join();
    }
    const std::scoped_lock turn(turn_);
    if (stopped_) return idle_;
    stopped_ = true;
    queue_.clear();
    Buffer nothing;
    for (int r = 1; r < ranks(); ++r) outbox_.send(r, MessageTag::stop, nothing);
    if (worker_) {
      worker_->request_stop();
      idle_ = worker_->leave();
    } else {
      queues_[0].left = true;
    }
    Backoff backoff;
    while (std::any_of(queues_.begin(), queues_.end(), [](const RankQueue& q) { return !q.left; }) || !outbox_.empty()) {
      take_notice();
      backoff.pause(inbox_.empty() && outbox_.empty() ? 1ms : 50us);
    }
    ranks_.free();
    return idle_;
  }

 private:
  struct Queued {
    Task task;
    std::uint64_t sequence = 0;
  };

  std::size_t num_in_flight() const { return queue_.size() + num_sent_ + waiting_.size(); }

  // Takes what has come while the caller is away, or after its end.
  void take_notice() {
    const std::size_t before = waiting_.size();
    progress(waiting_);
    if (!arrived_) return;
    for (std::size_t i = before; i < waiting_.size(); ++i) arrived_(waiting_[i]);
  }

  // Where the caller is away for long, outcomes are taken for it: none waits for it in the memory of a process that may die.
  void listen_on(const std::stop_token& end) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock sleep(mutex);
    while (!never.wait_for(sleep, end, listen_step, [] { return false; }) && !end.stop_requested()) {
      if (!away_.exchange(true)) continue;  // it was here since
      const std::unique_lock turn(turn_, std::try_to_lock);
      if (!turn || stopped_ || listener_error_) continue;
      try {
        take_notice();
        dispatch();
      } catch (...) {
        listener_error_ = std::current_exception();
      }
    }
  }

  // What happens is either far from urgent, as ranks have work ahead, or it is the end of a long evaluation.
  Backoff gentle_backoff() const { return worker_ ? Backoff(0us) : Backoff(); }

  void wait(Backoff& backoff, double at_most_s) {
    std::chrono::nanoseconds limit(static_cast<std::int64_t>(std::clamp(at_most_s, 0.0, 1e-3) * 1e9));
    if (!outbox_.empty() || !inbox_.empty()) limit = std::min<std::chrono::nanoseconds>(limit, 100us);
    if (!worker_) {
      backoff.pause(limit);
      return;
    }
    // This rank's evaluation thread needs the core: few wake-ups where all have work for a while.
    const double nap = 0.4 * std::min(least_load(), 1.0);
    if (portion(pace_, last_kind_, depth_s_, options_.batch).ahead > 2 && nap > shortest_nap_s)
      std::this_thread::sleep_for(std::min(limit, std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * nap))));
    else port_->wait_for_answer(std::min(limit, backoff.step()));
  }

  // Of ranks that take tasks, s.
  double least_load() const {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t r = first_worker_; r < queues_.size(); ++r)
      if (!queues_[r].stalled) least = std::min(least, queues_[r].lasts_s());
    return least;
  }

  // Takes what has come. Returns the time.
  double progress(std::vector<Outcome>& finished) {
    const double time = now();
    // Ranks need work for as long as this thread may be away.
    away_s_ = std::max(last_progress_ > 0.0 ? time - last_progress_ : 0.0, 0.995 * away_s_);
    last_progress_ = time;
    depth_s_ = std::clamp(4.0 * away_s_, shortest_depth_s, longest_depth_s);
    const std::size_t most = finished.size() + outcomes_at_once;
    MessageTag tag;
    while (port_ && finished.size() < most && port_->take(tag, received_)) handle(0, tag, finished);
    int from = 0;
    while (ranks() > 1 && finished.size() < most && inbox_.receive(from, tag, received_)) handle(from, tag, finished);
    if (!outbox_.empty()) outbox_.progress();
    if (worker_ && !stopped_ && time > next_look_) {
      worker_->look_after();
      next_look_ = time + look_after_s;
    }
    return time;
  }

  void handle(int rank, MessageTag tag, std::vector<Outcome>& finished) {
    RankQueue& queue = queues_[rank];
    MessageReader reader(received_);
    switch (tag) {
      case MessageTag::outcomes:
        queue.stalled = false;
        while (reader.more()) {
          Outcome& outcome = finished.emplace_back();
          reader.read(outcome);
          outcome.rank = rank;
          ENSURE(!queue.sent.empty() && queue.sent.front().id == outcome.id && queue.sent.front().kind == outcome.kind);
          queue.slowness.learn(queue.sent.front(), outcome.start + outcome.duration);
          forget_first(queue);
          pace_.learn(outcome.kind, outcome.duration);
          busy_.add(rank, outcome.start, outcome.duration);
        }
        break;
      case MessageTag::returned:
        take_back(queue, reader);
        break;
      case MessageTag::task_failed: {
        Task task;
        reader.read(task);
        if (!error_) error_ = task_error(rank, task.kind, task.id, reader.rest());
        break;
      }
      case MessageTag::setup_failed:
        if (!error_) error_ = setup_error(rank, reader.rest());
        break;
      case MessageTag::left: {
        queue.left = true;
        // What it had not begun is nobody's any more; an evaluation that goes on stays the first in flight.
        const bool goes_on = received_.data()[0] != std::byte{0};
        while (queue.sent.size() > (goes_on ? 1 : 0)) forget_last(queue);
        break;
      }
      default:
        ENSURE(!"a message that only ranks receive");
    }
  }

  void forget_first(RankQueue& queue) {
    queue.load_s = queue.sent.size() == 1 ? 0.0 : queue.load_s - queue.sent.front().expected_s;
    queue.sent.pop_front();
    --num_sent_;
  }
  void forget_last(RankQueue& queue) {
    queue.load_s -= queue.sent.back().expected_s;
    queue.sent.pop_back();
    --num_sent_;
  }

  void take_back(RankQueue& queue, MessageReader& reader) {
    queue.stalled = true;
    std::vector<Queued> waiting;
    // Those returned are in the order in which they were sent, but newer ones may be on their way.
    Ring<SentTask> kept;
    Task task;
    while (reader.more()) {
      reader.read(task);
      for (; !queue.sent.empty() && !(queue.sent.front().id == task.id && queue.sent.front().kind == task.kind); queue.sent.pop_front()) kept.push_back(queue.sent.front());
      ENSURE(!queue.sent.empty());
      waiting.push_back({std::move(task), queue.sent.front().sequence});
      forget_first(queue);
    }
    for (; !queue.sent.empty(); queue.sent.pop_front()) kept.push_back(queue.sent.front());
    queue.sent = std::move(kept);
    queue.load_s = 0.0;
    for (std::size_t i = 0; i < queue.sent.size(); ++i) queue.load_s += queue.sent[i].expected_s;
    if (stopped_) return;
    for (; !queue_.empty(); queue_.pop_front()) waiting.push_back(std::move(queue_.front()));
    std::sort(waiting.begin(), waiting.end(), [](const Queued& a, const Queued& b) { return a.sequence < b.sequence; });
    for (Queued& queued : waiting) queue_.push_back(std::move(queued));
  }

  // The rank with the least work among those that may have more now; -1: none.
  int next_rank(const Portion& p) const {
    int best = -1;
    double least = 0.0;
    for (int r = first_worker_; r < ranks(); ++r) {
      const RankQueue& q = queues_[r];
      if (q.stalled || q.sent.size() >= p.ahead) continue;
      // Small top-ups would make small messages.
      if (q.sent.size() > p.ahead / 2 && q.sent.size() + p.batch > p.ahead && p.batch > 1) continue;
      const double lasts = q.lasts_s();
      if (best < 0 || lasts < least || (lasts == least && q.sent.size() < queues_[best].sent.size())) {
        best = r;
        least = lasts;
      }
    }
    return best;
  }

  void dispatch() {
    while (!queue_.empty() && !error_) {
      const TaskKind kind = queue_.front().task.kind;
      const Portion p = portion(pace_, kind, depth_s_, options_.batch);
      const int rank = next_rank(p);
      if (rank < 0) return;
      const std::size_t workers = queues_.size() - first_worker_;
      // Near the end all get a share.
      std::size_t count = options_.batch > 0 ? options_.batch : std::min(p.batch, (queue_.size() + workers - 1) / workers);
      const std::size_t most_bytes = rank == 0 ? port_->good_message_bytes() : eager_bytes;
      const float expected = pace_.known(kind) ? static_cast<float>(pace_.expected(kind)) : 0.0f;
      RankQueue& queue = queues_[rank];
      const double time = now();
      message_.clear();
      do {
        const Queued& first = queue_.front();
        append_task(message_, first.task);
        queue.sent.push_back({kind, expected, first.task.id, first.sequence, time});
        queue.load_s += expected;
        ++num_sent_;
        queue_.pop_front();
      } while (--count > 0 && !queue_.empty() && queue_.front().task.kind == kind && (options_.batch > 0 || message_.size() + 2 * queue_.front().task.payload.size() < most_bytes));
      if (rank == 0) port_->give(message_);
      else outbox_.send(rank, MessageTag::tasks, message_);
    }
  }

  Communicator ranks_;
  MPI_Comm comm_;
  ExecutorOptions options_;
  std::vector<std::string> hosts_;
  Inbox inbox_;
  Outbox outbox_;
  std::shared_ptr<Worker> worker_;  // of this rank
  LocalPort* port_ = nullptr;       // its port; the worker's own
  int first_worker_ = 0;

  Ring<Queued> queue_;
  std::uint64_t submitted_ = 0;
  TaskKind last_kind_ = TaskKind::point;
  std::vector<RankQueue> queues_;  // [ranks]
  std::size_t num_sent_ = 0;
  std::vector<std::uint64_t> collected_;
  Pace pace_;
  BusyTime busy_;
  std::optional<UserError> error_;

  mutable std::mutex turn_;                // of this thread and the listener
  std::atomic<bool> away_ = false;         // the caller has not collected since the listener looked
  std::vector<Outcome> waiting_;           // came while it was away, or while stopping
  std::function<void(const Outcome&)> arrived_;
  std::exception_ptr listener_error_;
  Buffer message_, received_;

  double last_progress_ = 0.0, away_s_ = 0.0, depth_s_ = shortest_depth_s, next_look_ = 0.0;
  bool stopped_ = false, idle_ = true;
  std::jthread listener_;
};

}  // namespace

std::unique_ptr<Executor> make_mpi_executor(const Communicator& ranks, WorkFactory work, RowSink& sink, const ExecutorOptions& options) {
  EXPECT(ranks.rank() == 0);
  const Communicator own = ranks.duplicate();
  std::vector<std::string> hosts = own.all_gather(host_name());
  return std::make_unique<MpiExecutor>(own, std::move(hosts), std::move(work), sink, options);
}

bool serve_tasks(const Communicator& ranks, WorkFactory work, RowSink& sink, const ExecutorOptions&) {
  EXPECT(ranks.rank() > 0);
  Communicator own = ranks.duplicate();
  own.all_gather(host_name());
  const MPI_Comm comm = own.handle().comm;
  MPI_Request request;
  UMBRA_MPI(MPI_Irecv(nullptr, 0, MPI_BYTE, 0, static_cast<int>(MessageTag::stop), comm, &request));
  const auto worker = std::make_shared<Worker>(std::move(work), sink, std::make_unique<MpiPort>(own), ranks.rank());
  worker->start();
  answer_promptly();
  bool soon = false;
  for (int stopped = 0; !stopped;) {
    std::this_thread::sleep_for(soon ? 1ms : watch_step);
    soon = worker->look_after();
    UMBRA_MPI(MPI_Test(&request, &stopped, MPI_STATUS_IGNORE));
  }
  worker->request_stop();
  const bool idle = worker->leave();
  own.free();
  return idle;
}

}  // namespace umbra
