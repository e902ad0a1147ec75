#include "jobs/service.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "jobs/backoff.h"
#include "jobs/communicator_handle.h"
#include "src/base/error.h"

namespace umbra {

using namespace std::chrono_literals;

namespace {

enum Tag { command_tag = 1, leave_tag = 2, done_tag = 3, failed_tag = 4 };

template <class Bytes>
bool try_receive(MPI_Comm comm, int source, Bytes& bytes, MPI_Status& status) {
  int found = 0;
  MPI_Message message;
  UMBRA_MPI(MPI_Improbe(source, MPI_ANY_TAG, comm, &found, &message, &status));
  if (!found) return false;
  int size = 0;
  UMBRA_MPI(MPI_Get_count(&status, MPI_BYTE, &size));
  bytes.resize(size);
  UMBRA_MPI(MPI_Mrecv(bytes.data(), size, MPI_BYTE, &message, &status));
  return true;
}

}  // namespace

struct Service::Impl {
  Communicator parent;
  Communicator ranks;
  Handler handler;
  std::thread thread;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::deque<std::vector<std::byte>> queue;  // rank 0: issued, not begun
  std::uint64_t issued = 0, finished = 0;
  bool leaving = false;  // rank 0: after the queue; all: set with `quit`
  std::atomic<bool> quit{false};
  std::optional<std::string> error;

  Impl(const Communicator& ranks_, Handler handler_) : parent(ranks_), ranks(Communicator::self()), handler(std::move(handler_)) {}

  bool leads() const { return parent.rank() == 0; }
  MPI_Comm comm() const { return ranks.handle().comm; }

  // "" where all went well.
  std::string run(const std::vector<std::byte>& command) {
    try {
      handler(command);
      return {};
    } catch (const std::exception& e) {
      return fmt::format("rank {}: {}", parent.rank(), *e.what() ? e.what() : "error without a text");
    } catch (...) {
      return fmt::format("rank {}: unknown exception", parent.rank());
    }
  }

  void send_to_all(const std::vector<std::byte>& bytes, int tag) {
    std::vector<MPI_Request> requests(ranks.size() - 1);
    for (int r = 1; r < ranks.size(); ++r) UMBRA_MPI(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, r, tag, comm(), &requests[r - 1]));
    for (MPI_Request& request : requests) wait_politely(request);
  }

  void lead() {
    while (true) {
      std::vector<std::byte> command;
      {
        std::unique_lock lock(mutex);
        // Wakes now and then so that the library makes progress for this rank while its other threads are busy.
        while (queue.empty() && !leaving) {
          changed.wait_for(lock, 4ms);
          int found = 0;
          if (ranks.size() > 1) UMBRA_MPI(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm(), &found, MPI_STATUS_IGNORE));
        }
        if (quit || error || queue.empty()) {
          if (leaving) break;
          queue.clear();  // after an error
          continue;
        }
        command = std::move(queue.front());
        queue.pop_front();
      }
      send_to_all(command, command_tag);
      std::string failure = run(command);
      Backoff backoff;
      std::string text;
      for (int answers = 1; answers < ranks.size() && !quit;) {
        MPI_Status status;
        if (!try_receive(comm(), MPI_ANY_SOURCE, text, status)) {
          backoff.pause();
          continue;
        }
        ++answers;
        backoff.reset();
        if (status.MPI_TAG == failed_tag && failure.empty()) failure = text;
      }
      std::lock_guard lock(mutex);
      if (failure.empty()) ++finished;
      else error = failure;
      changed.notify_all();
    }
    send_to_all({}, leave_tag);
  }

  void follow() {
    std::vector<std::byte> command;
    Backoff backoff;
    while (!quit) {
      MPI_Status status;
      if (!try_receive(comm(), 0, command, status)) {
        backoff.pause();
        continue;
      }
      if (status.MPI_TAG == leave_tag) return;
      const std::string failure = run(command);
      MPI_Request request;
      UMBRA_MPI(MPI_Isend(failure.data(), static_cast<int>(failure.size()), MPI_BYTE, 0, failure.empty() ? done_tag : failed_tag, comm(), &request));
      wait_politely(request);
      backoff.reset();
    }
  }

  void thread_main() {
    answer_promptly();
    try {
      leads() ? lead() : follow();
    } catch (const std::exception& e) {
      // Without this thread the other ranks would wait for ever.
      std::fprintf(stderr, "umbra: rank %d: %s\n", parent.rank(), e.what());
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
  }
};

Service::Service(const Communicator& ranks, Handler handler) : impl_(std::make_unique<Impl>(ranks, std::move(handler))) {}

Service::~Service() {
  if (!impl_->thread.joinable()) return;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->quit = true;
    impl_->leaving = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

void Service::start() {
  EXPECT(!impl_->thread.joinable());
  impl_->ranks = impl_->parent.duplicate();
  impl_->thread = std::thread([impl = impl_.get()] { impl->thread_main(); });
}

std::uint64_t Service::issue(std::vector<std::byte> command) {
  EXPECT(impl_->leads() && impl_->thread.joinable());
  std::lock_guard lock(impl_->mutex);
  impl_->queue.push_back(std::move(command));
  impl_->changed.notify_all();
  return ++impl_->issued;
}

std::uint64_t Service::finished() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->finished;
}

void Service::wait() const {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->finished == impl_->issued || impl_->error; });
}

bool Service::wait_for(double seconds) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return impl_->finished == impl_->issued || impl_->error; });
}

std::optional<std::string> Service::error() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->error;
}

void Service::stop() {
  if (!impl_->thread.joinable()) return;
  if (impl_->leads()) {
    std::lock_guard lock(impl_->mutex);
    impl_->leaving = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
  impl_->ranks.free();
}

}  // namespace umbra
