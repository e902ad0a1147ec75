#pragma once
// How long a start waits for room on a full disk.

#include <atomic>
#include <chrono>
#include <thread>

#include "jobs/clock.h"
#include "workflows/job.h"

namespace umbra {

class Patience {
 public:
  /// @param deadline Unix s
  Patience(const Job& job, double deadline, const std::atomic<int>& signals) : waits_(job.output.full_disk == "wait"), deadline_(deadline), signals_(signals) {}

  /// After a second: whether to try again what met a full disk. False at once where the job would rather stop, at a signal and after the deadline.
  bool try_again() const {
    if (!waits_ || signals_.load() > 0 || unix_now() + interval_s > deadline_) return false;
    std::this_thread::sleep_for(std::chrono::duration<double>(interval_s));
    return true;
  }

 private:
  static constexpr double interval_s = 1.0;
  bool waits_;
  double deadline_;
  const std::atomic<int>& signals_;
};

}  // namespace umbra
