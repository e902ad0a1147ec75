#pragma once
// A thread that does one thing at a time for another thread, which goes on meanwhile.

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace umbra {

class Aside {
 public:
  /// @param done called after each task, on the thread that did it
  explicit Aside(std::function<void()> done) : done_(std::move(done)), thread_([this] { loop(); }) {}
  /// Waits for the task in progress.
  ~Aside() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  /// Only after the task before is done.
  void begin(std::function<void()> task) {
    {
      const std::scoped_lock lock(mutex_);
      task_ = std::move(task);
      error_ = nullptr;
    }
    wake_.notify_all();
  }
  /// Rethrows what the last task threw, once.
  void check() {
    std::exception_ptr error;
    {
      const std::scoped_lock lock(mutex_);
      error = std::exchange(error_, nullptr);
    }
    if (error) std::rethrow_exception(error);
  }

 private:
  void loop() {
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return ending_ || task_; });
        if (!task_) return;
        task = task_;
      }
      std::exception_ptr error;
      try {
        task();
      } catch (...) {
        error = std::current_exception();
      }
      {
        const std::scoped_lock lock(mutex_);
        error_ = error;
        task_ = nullptr;
      }
      done_();
    }
  }

  std::function<void()> done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void()> task_;
  std::exception_ptr error_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace umbra
