#pragma once
// Messages between ranks that never make a sender wait.

#include <mpi.h>

#include <deque>
#include <vector>

#include "jobs/backoff.h"
#include "jobs/communicator.h"
#include "jobs/port.h"

namespace umbra {

/// Buffers on their way: a large message needs the receiver, who may be in a long evaluation.
class Outbox {
 public:
  explicit Outbox(MPI_Comm comm) : comm_(comm) {}
  /// Leaves an empty buffer, with memory to be used again.
  void send(int to, MessageTag tag, Buffer& message);
  /// Lets go of what has arrived; cheap where nothing is on its way.
  void progress();
  bool empty() const { return on_the_way_.empty(); }

 private:
  struct Sending {
    int to = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    Buffer buffer;
  };
  void recycle(Buffer buffer);

  MPI_Comm comm_;
  std::deque<Sending> on_the_way_;  ///< in the order in which they were sent
  std::vector<int> held_up_;
  std::vector<Buffer> spare_;
};

/// Messages from all ranks. A large one takes many steps of its sender, who may be in a long evaluation: meanwhile those of other ranks come in.
class Inbox {
 public:
  explicit Inbox(MPI_Comm comm) : comm_(comm) {}
  /// The next message, if one is complete; those of one rank in the order in which it sent them.
  bool receive(int& from, MessageTag& tag, Buffer& message);
  /// Whether nothing is coming in; else receive() should be called again soon.
  bool empty() const { return coming_.empty(); }

 private:
  struct Coming {
    int from;
    MessageTag tag;
    MPI_Request request;
    Buffer buffer;
  };
  bool is_coming_from(int rank, std::size_t before) const;

  MPI_Comm comm_;
  std::vector<Coming> coming_;
};

/// Messages up to this size travel without a word from the receiver, who may be in a long evaluation: MpiSession raises Open MPI's limit above it.
constexpr std::size_t eager_bytes = 16000;

class MpiPort final : public Port {
 public:
  /// @param ranks rank 0 is the coordinator
  explicit MpiPort(const Communicator& ranks);

  bool receive(Buffer& tasks) override;
  void wait() override;
  void wake() override {}
  void send(MessageTag tag, Buffer& message) override;
  void flush() override;
  bool sending() override;
  std::size_t good_message_bytes() const override { return eager_bytes; }

 private:
  Communicator ranks_;
  MPI_Comm comm_;
  Outbox outbox_;
  Backoff backoff_;
};

}  // namespace umbra
