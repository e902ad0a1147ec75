#pragma once
// The busy share of ranks, kept up to date outcome by outcome.

#include <cstdint>
#include <vector>

#include "jobs/executor.h"

namespace umbra {

/// Sums the evaluation times that fall before the last dispatch. The outcomes of one rank come in the order of their starts.
class BusyTime {
 public:
  explicit BusyTime(int ranks) : last_(ranks) {}

  void add(int rank, double start, double duration) {
    if (statistics_.finished++ == 0) statistics_.first_dispatch = statistics_.last_dispatch = start;
    if (start < statistics_.first_dispatch) statistics_.first_dispatch = start;
    if (start > statistics_.last_dispatch) statistics_.last_dispatch = start;
    // What a rank did before its latest evaluation lies before the last dispatch as a whole.
    statistics_.busy_s += last_[rank].duration;
    last_[rank] = {start, duration};
  }

  /// End of the last evaluation of a rank, 0 before its first.
  double end(int rank) const { return last_[rank].start + last_[rank].duration; }

  /// @param begun for each rank the start of an evaluation that has not been added yet; infinity where there is none
  ExecutorStatistics statistics(const std::vector<double>& begun) const;

 private:
  struct Evaluation {
    double start = 0.0, duration = 0.0;
  };
  std::vector<Evaluation> last_;   // of each rank; not yet in statistics_.busy_s
  ExecutorStatistics statistics_;
};

}  // namespace umbra
