#include "jobs/busy_time.h"

#include <algorithm>

namespace umbra {

double ExecutorStatistics::busy_share(int ranks) const {
  const double span = last_dispatch - first_dispatch;
  return span > 0.0 ? busy_s / (ranks * span) : 0.0;
}

ExecutorStatistics BusyTime::statistics(const std::vector<double>& begun) const {
  ExecutorStatistics result = statistics_;
  for (const Evaluation& last : last_) result.busy_s += std::clamp(result.last_dispatch - last.start, 0.0, last.duration);
  for (const double start : begun) result.busy_s += std::max(0.0, result.last_dispatch - start);
  return result;
}

}  // namespace umbra
