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
    MPI_Request request;
    Buffer buffer;
  };
  void recycle(Buffer buffer);

  MPI_Comm comm_;
  std::deque<Sending> on_the_way_;
  std::vector<Buffer> spare_;
};

/// Receives the next message from `source` with `tag` (either may be MPI_ANY_...), if one has come.
bool try_receive(MPI_Comm comm, int source, int tag, Buffer& message, MPI_Status& status);

/// Messages up to this size are sent eagerly by Open MPI's shared-memory transport (limit 4096 with its header).
constexpr std::size_t eager_bytes = 3900;

class MpiPort final : public Port {
 public:
  /// @param ranks rank 0 is the coordinator
  explicit MpiPort(const Communicator& ranks);

  bool receive(Buffer& tasks) override;
  void wait() override;
  void wake() override {}
  void send(MessageTag tag, Buffer& message) override;
  void flush() override;
  std::size_t good_message_bytes() const override { return eager_bytes; }

 private:
  Communicator ranks_;
  MPI_Comm comm_;
  Outbox outbox_;
  Backoff backoff_;
};

}  // namespace umbra
