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
  Sending sending{MPI_REQUEST_NULL, {}};
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
  // All, as a rank in a long evaluation holds up only its own.
  for (std::size_t i = 0; i < on_the_way_.size();) {
    int done = 0;
    UMBRA_MPI(MPI_Test(&on_the_way_[i].request, &done, MPI_STATUS_IGNORE));
    if (!done) {
      ++i;
      continue;
    }
    recycle(std::move(on_the_way_[i].buffer));
    if (i + 1 != on_the_way_.size()) on_the_way_[i] = std::move(on_the_way_.back());
    on_the_way_.pop_back();
  }
}

bool try_receive(MPI_Comm comm, int source, int tag, Buffer& message, MPI_Status& status) {
  int found = 0;
  MPI_Message handle;
  UMBRA_MPI(MPI_Improbe(source, tag, comm, &found, &handle, &status));
  if (!found) return false;
  int size = 0;
  UMBRA_MPI(MPI_Get_count(&status, MPI_BYTE, &size));
  if (message.capacity() > spare_bytes) message = {};
  message.resize(size);
  // A large message takes many steps of both sides.
  MPI_Request request;
  UMBRA_MPI(MPI_Imrecv(message.data(), size, MPI_BYTE, &handle, &request));
  wait_politely(request);
  return true;
}

MpiPort::MpiPort(const Communicator& ranks) : ranks_(ranks), comm_(ranks.handle().comm), outbox_(comm_) {}

bool MpiPort::receive(Buffer& tasks) {
  if (!outbox_.empty()) outbox_.progress();
  MPI_Status status;
  if (!try_receive(comm_, 0, static_cast<int>(MessageTag::tasks), tasks, status)) return false;
  backoff_.reset();
  return true;
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
