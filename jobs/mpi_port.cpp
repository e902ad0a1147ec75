#include "jobs/mpi_port.h"

#include <algorithm>

#include "jobs/communicator_handle.h"

namespace umbra {

namespace {
constexpr std::size_t spares_kept = 256;
constexpr std::size_t spare_bytes = std::size_t{1} << 18;  // larger ones give their memory back
}  // namespace

void Outbox::recycle(Buffer buffer) {
  if (buffer.capacity() == 0 || buffer.capacity() > spare_bytes || spare_.size() >= spares_kept) return;
  buffer.clear();
  spare_.push_back(std::move(buffer));
}

void Outbox::send(int to, MessageTag tag, Buffer& message) {
  Sending sending{to, MPI_REQUEST_NULL, {}};
  UMBRA_MPI(MPI_Isend(message.data(), static_cast<int>(message.size()), MPI_BYTE, to, static_cast<int>(tag), comm_, &sending.request));
  int done = 0;
  UMBRA_MPI(MPI_Request_get_status(sending.request, &done, MPI_STATUS_IGNORE));
  if (done) {
    UMBRA_MPI(MPI_Wait(&sending.request, MPI_STATUS_IGNORE));
    if (message.capacity() <= spare_bytes) message.clear();
    else message = {};
    return;
  }
  sending.buffer = std::move(message);
  on_the_way_.push_back(std::move(sending));
  message = {};
  if (!spare_.empty()) {
    message = std::move(spare_.back());
    spare_.pop_back();
  }
}

void Outbox::progress() {
  // A rank in a long evaluation holds up its own messages only; of these none arrives before the first.
  held_up_.clear();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < on_the_way_.size(); ++i) {
    Sending& sending = on_the_way_[i];
    const bool waits = std::find(held_up_.begin(), held_up_.end(), sending.to) != held_up_.end();
    int done = 0;
    if (!waits) UMBRA_MPI(MPI_Test(&sending.request, &done, MPI_STATUS_IGNORE));
    if (done) {
      recycle(std::move(sending.buffer));
      continue;
    }
    if (!waits) held_up_.push_back(sending.to);
    if (kept != i) on_the_way_[kept] = std::move(sending);
    ++kept;
  }
  on_the_way_.resize(kept);
}

bool Inbox::is_coming_from(int rank, std::size_t before) const {
  return std::any_of(coming_.begin(), coming_.begin() + before, [rank](const Coming& c) { return c.from == rank; });
}

bool Inbox::receive(int& from, MessageTag& tag, Buffer& message) {
  for (std::size_t i = 0; i < coming_.size(); ++i) {
    Coming& coming = coming_[i];
    int done = 0;
    UMBRA_MPI(MPI_Test(&coming.request, &done, MPI_STATUS_IGNORE));
    if (!done || is_coming_from(coming.from, i)) continue;
    from = coming.from;
    tag = coming.tag;
    message = std::move(coming.buffer);
    coming_.erase(coming_.begin() + i);
    return true;
  }
  while (true) {
    int found = 0, size = 0;
    MPI_Message handle;
    MPI_Status status;
    UMBRA_MPI(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &found, &handle, &status));
    if (!found) return false;
    UMBRA_MPI(MPI_Get_count(&status, MPI_BYTE, &size));
    from = status.MPI_SOURCE;
    tag = static_cast<MessageTag>(status.MPI_TAG);
    if (size <= static_cast<int>(eager_bytes) && !is_coming_from(from, coming_.size())) {
      if (message.capacity() > spare_bytes) message = {};
      message.resize(size);
      UMBRA_MPI(MPI_Mrecv(message.data(), size, MPI_BYTE, &handle, MPI_STATUS_IGNORE));
      return true;
    }
    Coming& coming = coming_.emplace_back(Coming{from, tag, MPI_REQUEST_NULL, {}});
    coming.buffer.resize(size);
    UMBRA_MPI(MPI_Imrecv(coming.buffer.data(), size, MPI_BYTE, &handle, &coming.request));
  }
}

MpiPort::MpiPort(const Communicator& ranks) : ranks_(ranks), comm_(ranks.handle().comm), outbox_(comm_) {}

bool MpiPort::receive(Buffer& tasks) {
  if (!outbox_.empty()) outbox_.progress();
  int found = 0, size = 0;
  MPI_Message handle;
  MPI_Status status;
  UMBRA_MPI(MPI_Improbe(0, static_cast<int>(MessageTag::tasks), comm_, &found, &handle, &status));
  if (!found) return false;
  UMBRA_MPI(MPI_Get_count(&status, MPI_BYTE, &size));
  if (tasks.capacity() > spare_bytes) tasks = {};
  tasks.resize(size);
  MPI_Request request;
  UMBRA_MPI(MPI_Imrecv(tasks.data(), size, MPI_BYTE, &handle, &request));
  wait_politely(request);
  backoff_.reset();
  return true;
}

bool MpiPort::sending() {
  outbox_.progress();
  return !outbox_.empty();
}

void MpiPort::wait() { backoff_.pause(outbox_.empty() ? std::chrono::milliseconds(4) : std::chrono::milliseconds(1) / 20); }

void MpiPort::send(MessageTag tag, Buffer& message) {
  outbox_.progress();
  outbox_.send(0, tag, message);
}

void MpiPort::flush() {
  Backoff backoff;
  while (!outbox_.empty()) {
    outbox_.progress();
    backoff.pause(std::chrono::microseconds(100));
  }
}

}  // namespace umbra
