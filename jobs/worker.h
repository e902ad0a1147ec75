#pragma once
// The evaluation loop of a rank, in a thread of its own, and the watch over it: what has finished never waits behind a long evaluation,
// nor do tasks that other ranks could do, and a rank can be left while its evaluation goes on.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "jobs/port.h"
#include "jobs/work.h"

namespace umbra {

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(WorkFactory factory, RowSink& sink, std::unique_ptr<Port> port, int rank);

  void start();
  /// To be called every 20 ms or so by another thread: sends on what waits behind a long evaluation. Whether it should be called again soon.
  bool look_after();
  /// Begins to leave: no further task is begun.
  void request_stop();
  /// After request_stop(). Waits for the evaluation in progress for at most 0.1 s and says good-bye to the coordinator. Returns false where
  /// the evaluation goes on: its thread then touches neither sink nor port any more, and what it makes is lost.
  bool leave();

 private:
  // While the thread is evaluating, a watcher may claim what the thread owns; the thread then waits for it when it comes back.
  enum class Claim { none, watching, abandoned };

  void thread_main();
  void evaluate_all();
  void begin_evaluation(double now);
  bool end_evaluation();  // false: abandoned
  bool evaluate();        // the next task; false: abandoned
  bool claim();           // by the watcher; false: the thread is not evaluating
  void give_up_claim() { claim_.store(Claim::none, std::memory_order_release); }
  void send_answers();
  void give_back();
  void fail(MessageTag tag, const std::string& text);

  WorkFactory factory_;
  RowSink& sink_;
  std::unique_ptr<Port> port_;
  int rank_;
  std::thread thread_;

  std::atomic<bool> evaluating_{false};
  std::atomic<Claim> claim_{Claim::none};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;

  // Of the thread, or of the watcher.
  std::unique_ptr<Work> work_;
  Buffer incoming_, answers_;
  MessageReader unread_;
  Task task_;
  Outcome outcome_;
  double begun_ = 0.0;        // the evaluation in progress
  double last_sent_ = 0.0;    // when answers were last sent
  bool failed_ = false;       // after an exception nothing is evaluated
};

}  // namespace umbra
