#include "jobs/backoff.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <thread>

namespace umbra {

using namespace std::chrono_literals;

void sleep_precisely() {
  thread_local const bool set = prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL) == 0;
  static_cast<void>(set);
}

void give_way() {
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 5));
}

void answer_promptly() {
  sleep_precisely();
#ifdef SYS_sched_setattr
  // The kernel's struct sched_attr, version 0; glibc has none.
  struct {
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;
  } attributes{};
  static_assert(sizeof attributes == 48);
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0 || attributes.policy != 0) return;
  attributes.runtime = 100'000;  // ns; for an ordinary thread the length of its slice
  static_cast<void>(syscall(SYS_sched_setattr, 0, &attributes, 0));
#endif
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
