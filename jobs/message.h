#pragma once
// Tasks and outcomes as flat bytes: what travels between ranks. No archive, as one costs more than a round trip.

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

#include "src/base/task.h"

namespace umbra {

/// Bytes that keep their memory when cleared.
class Buffer {
 public:
  const std::byte* data() const { return data_.get(); }
  std::byte* data() { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }
  /// What is new is not initialised.
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }
  void reserve(std::size_t capacity);
  void append(const void* bytes, std::size_t size) {
    if (size_ + size > capacity_) reserve(2 * (size_ + size));
    if (size > 0) std::memcpy(data_.get() + size_, bytes, size);
    size_ += size;
  }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

/// What a message says.
enum class MessageTag : int {
  tasks = 1,     ///< to a rank: tasks, in the order in which to evaluate them
  stop = 2,      ///< to a rank: leave
  outcomes = 3,  ///< to the coordinator: in the order in which they were kept
  returned = 4,  ///< to the coordinator: tasks that wait behind a long evaluation, for others to do
  task_failed = 5,   ///< to the coordinator: a task (without payload), then the text of the exception
  setup_failed = 6,  ///< to the coordinator: the text
  left = 7,          ///< to the coordinator: the last message of a rank; one byte, 1 where an evaluation goes on
};

/// The largest message, bytes: counts are int in MPI 3.
constexpr std::size_t max_message_bytes = (std::size_t{1} << 31) - 4096;

void append_task(Buffer& message, const Task& task);
/// All but rank and rows. Throws UserError where the message would be too large.
void append_outcome(Buffer& message, const Outcome& outcome);

/// Reads a message front to back. The buffer must stay.
class MessageReader {
 public:
  MessageReader() = default;
  explicit MessageReader(const Buffer& message) : at_(message.data()), end_(message.data() + message.size()) {}
  bool more() const { return at_ != end_; }
  /// Into `task` and `outcome`, whose memory is used again.
  void read(Task& task);
  void read(Outcome& outcome);
  /// All that is left.
  std::string rest();

 private:
  void take(void* to, std::size_t size) {
    if (size > 0) std::memcpy(to, at_, size);
    at_ += size;
  }

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
};

}  // namespace umbra
