#pragma once
// How a thread polls without burning its core.

#include <chrono>

namespace umbra {

/// Spins for a few microseconds after reset(), then sleeps in steps that grow with the time waited: to 1 ms, and to 4 ms after half a second.
class Backoff {
 public:
  explicit Backoff(std::chrono::microseconds spin = std::chrono::microseconds(20)) : spin_(spin) {}
  /// Something happened: poll eagerly again.
  void reset() { waiting_ = false; }
  /// Returns after a while that suits the time waited so far, at most `limit`.
  void pause(std::chrono::nanoseconds limit = std::chrono::milliseconds(4));
  /// How long pause() would sleep now; 0: it would spin.
  std::chrono::nanoseconds step();

 private:
  std::chrono::nanoseconds spin_;
  bool waiting_ = false;
  std::chrono::steady_clock::time_point since_;
};

/// Lets this thread's sleeps end within a microsecond or so of their time (Linux rounds them up by 50 us otherwise).
void sleep_precisely();
/// Lets the other threads of the core go first: for the evaluation thread beside the coordinator, on which all ranks wait.
void give_way();

/// For a thread that does little but is waited for: it gets the core soon after it wakes, though another thread uses it. Linux 6.12 and later let
/// a woken thread wait for the other's time slice (3 ms and more) unless its own is shorter; earlier ones, and other systems, ignore this.
void answer_promptly();

}  // namespace umbra
