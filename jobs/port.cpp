#include "jobs/port.h"

namespace umbra {

namespace {
constexpr std::size_t spares_kept = 64;
constexpr std::size_t spare_bytes = std::size_t{1} << 18;  // larger ones give their memory back
}  // namespace

void LocalPort::reuse(Buffer& buffer) {
  if (buffer.capacity() == 0 || buffer.capacity() > spare_bytes || spare_.size() >= spares_kept) return;
  buffer.clear();
  spare_.push_back(std::move(buffer));
}

bool LocalPort::receive(Buffer& tasks) {
  std::lock_guard lock(mutex_);
  if (tasks_.empty()) return false;
  reuse(tasks);
  tasks = std::move(tasks_.front());
  tasks_.pop_front();
  return true;
}

void LocalPort::wait() {
  std::unique_lock lock(mutex_);
  given_.wait_for(lock, std::chrono::milliseconds(100), [this] { return !tasks_.empty() || woken_; });
}

void LocalPort::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  given_.notify_one();
}

void LocalPort::send(MessageTag tag, Buffer& message) {
  std::lock_guard lock(mutex_);
  answers_.emplace_back(tag, std::move(message));
  message = {};
  if (!spare_.empty()) {
    message = std::move(spare_.back());
    spare_.pop_back();
  }
  answered_.notify_one();
}

void LocalPort::give(Buffer& tasks) {
  std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(tasks));
  tasks = {};
  if (!spare_.empty()) {
    tasks = std::move(spare_.back());
    spare_.pop_back();
  }
  given_.notify_one();
}

bool LocalPort::take(MessageTag& tag, Buffer& message) {
  std::lock_guard lock(mutex_);
  if (answers_.empty()) return false;
  reuse(message);
  tag = answers_.front().first;
  message = std::move(answers_.front().second);
  answers_.pop_front();
  return true;
}

void LocalPort::wait_for_answer(std::chrono::nanoseconds limit) {
  std::unique_lock lock(mutex_);
  answered_.wait_for(lock, limit, [this] { return !answers_.empty(); });
}

}  // namespace umbra
