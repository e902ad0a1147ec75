#pragma once
// Turns a library that calls our function into one that we ask: the library runs on a stack of its own and is left whenever it wants a value.

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace umbra {

/// Neither copied nor moved: its address is on its own stack. No exception may leave the body. The body must have ended before destruction.
class Coroutine {
 public:
  explicit Coroutine(std::function<void()> body) : body_(std::move(body)), stack_(new char[stack_size]) {
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_.get();
    inside_.uc_stack.ss_size = stack_size;
    inside_.uc_link = &outside_;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(&enter), 2, static_cast<unsigned>(self), static_cast<unsigned>(self >> 32));
  }
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

  bool ended() const { return ended_; }
  /// Runs the body until it suspends or ends.
  void resume() {
    if (!ended_) swapcontext(&outside_, &inside_);
  }
  /// To be called by the body.
  void suspend() { swapcontext(&inside_, &outside_); }

 private:
  static constexpr std::size_t stack_size = 256 * 1024;
  static void enter(unsigned low, unsigned high) {
    auto* self = reinterpret_cast<Coroutine*>(static_cast<std::uintptr_t>(high) << 32 | low);
    self->body_();
    self->ended_ = true;
  }

  std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t inside_{}, outside_{};
  bool ended_ = false;
};

}  // namespace umbra
