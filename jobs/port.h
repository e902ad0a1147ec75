#pragma once
// How the evaluation loop of a rank reaches the coordinator: through MPI, or through memory on the coordinator's own rank.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "jobs/message.h"

namespace umbra {

/// The rank's side. One thread at a time.
class Port {
 public:
  virtual ~Port() = default;
  /// The next message of tasks, if one has come.
  virtual bool receive(Buffer& tasks) = 0;
  /// Returns when a message may have come, or wake() was called, or after a few milliseconds.
  virtual void wait() = 0;
  virtual void wake() = 0;
  /// Sends in order and returns at once; leaves an empty buffer, with memory to be used again.
  virtual void send(MessageTag tag, Buffer& message) = 0;
  /// Waits until the coordinator has all that was sent.
  virtual void flush() = 0;
  /// Helps what is on its way; whether there is any.
  virtual bool sending() = 0;
  /// Messages up to this size travel fast.
  virtual std::size_t good_message_bytes() const = 0;
};

/// Both ends of a channel between two threads.
class LocalPort final : public Port {
 public:
  bool receive(Buffer& tasks) override;
  void wait() override;
  void wake() override;
  void send(MessageTag tag, Buffer& message) override;
  void flush() override {}
  bool sending() override { return false; }
  std::size_t good_message_bytes() const override { return std::size_t{1} << 14; }

  // The coordinator's end.
  void give(Buffer& tasks);
  bool take(MessageTag& tag, Buffer& message);
  /// Returns when there is something to take, or after `limit`.
  void wait_for_answer(std::chrono::nanoseconds limit);

 private:
  void reuse(Buffer& buffer);

  std::mutex mutex_;
  std::condition_variable given_, answered_;
  std::deque<Buffer> tasks_;
  std::deque<std::pair<MessageTag, Buffer>> answers_;
  std::deque<Buffer> spare_;
  bool woken_ = false;
};

}  // namespace umbra
