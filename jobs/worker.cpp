#include "jobs/worker.h"

#include <mpi.h>

#include <cstdio>
#include <limits>

#include "jobs/backoff.h"
#include "jobs/clock.h"
#include "jobs/lopsided_barrier.h"
#include "jobs/run_task.h"
#include "jobs/task_error.h"

namespace umbra {

using namespace std::chrono_literals;

namespace {
constexpr double gather_s = 1e-3;   // outcomes of cheap tasks travel together
constexpr double news_patience_s = 0.02;   // so long may outcomes wait behind an evaluation; noticed 20 ms later at the latest
constexpr double tasks_patience_s = 0.05;  // and tasks
constexpr auto leave_patience = 100ms;
}  // namespace

Worker::Worker(WorkFactory factory, RowSink& sink, std::unique_ptr<Port> port, int rank) : factory_(std::move(factory)), sink_(sink), port_(std::move(port)), rank_(rank) {}

void Worker::start() {
  thread_ = std::thread([self = shared_from_this()] { self->thread_main(); });
}

void Worker::thread_main() {
  if (rank_ == 0) give_way();
  try {
    evaluate_all();
  } catch (...) {
    // Only MPI fails here; the others would wait for this rank for ever.
    std::fprintf(stderr, "umbra: rank %d: %s\n", rank_, current_exception_text().c_str());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  std::lock_guard lock(mutex_);
  has_ended_ = true;
  ended_.notify_all();
}

void Worker::begin_evaluation(double now) {
  begun_ = now;
  evaluating_.store(true, std::memory_order_release);
}

bool Worker::end_evaluation() {
  evaluating_.store(false, std::memory_order_relaxed);
  light_barrier();
  Claim claim;
  while ((claim = claim_.load(std::memory_order_acquire)) == Claim::watching) std::this_thread::yield();
  if (claim == Claim::none) return true;
  // Abandoned: what this Work refers to may be gone.
  static_cast<void>(work_.release());
  return false;
}

bool Worker::claim() {
  claim_.store(Claim::watching, std::memory_order_relaxed);
  heavy_barrier();
  if (evaluating_.load(std::memory_order_acquire)) return true;
  give_up_claim();
  return false;
}

void Worker::evaluate_all() {
  sleep_precisely();
  std::string setup_error;
  // Tasks stay while the work is set up, however long: no outcome would tell afterwards that this rank may have them again.
  begin_evaluation(std::numeric_limits<double>::infinity());
  try {
    work_ = factory_();
  } catch (...) {
    setup_error = current_exception_text();
  }
  if (!end_evaluation()) return;
  if (!setup_error.empty()) fail(MessageTag::setup_failed, setup_error);

  last_sent_ = unix_now();
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (!failed_ && unread_.more()) {
      if (!evaluate()) return;
      continue;
    }
    if (port_->receive(incoming_)) unread_ = MessageReader(incoming_);
    else if (!answers_.empty()) send_answers();
    else port_->wait();
  }
  send_answers();
  work_.reset();
}

bool Worker::evaluate() {
  unread_.read(task_);
  outcome_.status = Status::ok;
  outcome_.phase = 0;
  outcome_.message.clear();
  outcome_.values.clear();
  outcome_.rows.clear();
  outcome_.blob.clear();
  std::string error;
  const std::size_t before = answers_.size();
  outcome_.start = unix_now();
  begin_evaluation(outcome_.start);
  try {
    run_task(*work_, task_, outcome_);
  } catch (...) {
    error = current_exception_text();
  }
  const double now = unix_now();
  if (!end_evaluation()) return false;
  if (error.empty()) {
    outcome_.kind = task_.kind;
    outcome_.id = task_.id;
    outcome_.rank = rank_;
    outcome_.duration = now - outcome_.start;
    outcome_.row_numbers = static_cast<std::uint32_t>(outcome_.rows.size());
    try {
      sink_.keep(outcome_);
      append_outcome(answers_, outcome_);
    } catch (...) {
      error = current_exception_text();
    }
  }
  if (!error.empty()) fail(MessageTag::task_failed, error);
  else if (now - last_sent_ > gather_s || answers_.size() + (answers_.size() - before) > port_->good_message_bytes()) send_answers();
  return true;
}

void Worker::send_answers() {
  if (answers_.empty()) return;
  port_->send(MessageTag::outcomes, answers_);
  last_sent_ = unix_now();
}

void Worker::fail(MessageTag tag, const std::string& text) {
  failed_ = true;
  send_answers();
  Buffer message;
  if (tag == MessageTag::task_failed) append_task(message, {task_.kind, task_.id, {}});
  message.append(text.data(), text.size());
  port_->send(tag, message);
}

void Worker::give_back() {
  Buffer returned;
  Task task;
  while (true) {
    while (unread_.more()) {
      unread_.read(task);
      append_task(returned, task);
    }
    if (!returned.empty()) port_->send(MessageTag::returned, returned);
    if (!port_->receive(incoming_)) return;
    unread_ = MessageReader(incoming_);
  }
}

bool Worker::look_after() {
  if (!claim()) return false;
  const double lasts = unix_now() - begun_;
  if (lasts > news_patience_s) send_answers();
  if (lasts > tasks_patience_s) give_back();
  const bool sending = port_->sending();
  give_up_claim();
  return sending;
}

void Worker::request_stop() {
  stopping_ = true;
  port_->wake();
}

bool Worker::leave() {
  bool ended = false;
  {
    std::unique_lock lock(mutex_);
    ended = ended_.wait_for(lock, leave_patience, [this] { return has_ended_; });
  }
  while (!ended) {
    if (claim()) {
      claim_.store(Claim::abandoned, std::memory_order_release);
      break;
    }
    std::unique_lock lock(mutex_);
    ended = ended_.wait_for(lock, 1ms, [this] { return has_ended_; });
  }
  if (ended) thread_.join();
  else thread_.detach();
  send_answers();
  while (port_->receive(incoming_)) continue;  // large messages of tasks wait for a receiver
  Buffer message;
  const std::byte goes_on{static_cast<unsigned char>(!ended)};
  message.append(&goes_on, 1);
  port_->send(MessageTag::left, message);
  port_->flush();
  return ended;
}

}  // namespace umbra
