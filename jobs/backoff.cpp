#include "jobs/backoff.h"

#include <sys/prctl.h>

#include <algorithm>
#include <thread>

namespace umbra {

using namespace std::chrono_literals;

void sleep_precisely() {
  thread_local const bool set = prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL) == 0;
  static_cast<void>(set);
}

std::chrono::nanoseconds Backoff::step() {
  const auto now = std::chrono::steady_clock::now();
  if (!waiting_) {
    waiting_ = true;
    since_ = now;
  }
  const std::chrono::nanoseconds waited = now - since_;
  if (waited < spin_) return 0ns;
  return std::clamp<std::chrono::nanoseconds>(waited / 4, 10us, waited < 500ms ? 1ms : 4ms);
}

void Backoff::pause(std::chrono::nanoseconds limit) {
  const std::chrono::nanoseconds sleep = std::min(step(), limit);
  if (sleep <= 0ns) return;
  sleep_precisely();
  std::this_thread::sleep_for(sleep);
}

}  // namespace umbra
