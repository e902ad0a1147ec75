#pragma once
// How long a task of each kind takes nowadays; executors size their batches by it.

#include <algorithm>
#include <array>
#include <cstddef>

#include "src/base/task.h"

namespace umbra {

/// A running mean of durations with a memory of some 30 outcomes. One long duration shows at once, a change to short ones within some hundred.
class Pace {
 public:
  void learn(TaskKind kind, double duration_s) {
    Mean& mean = means_[index(kind)];
    ++mean.count;
    mean.value += (duration_s - mean.value) / static_cast<double>(std::min<std::size_t>(mean.count, 32));
  }
  bool known(TaskKind kind) const { return means_[index(kind)].count > 0; }
  /// Seconds, at least 50 ns; only where known().
  double expected(TaskKind kind) const { return std::max(5e-8, means_[index(kind)].value); }

 private:
  struct Mean {
    std::size_t count = 0;
    double value = 0.0;
  };
  static std::size_t index(TaskKind kind) { return std::min<std::size_t>(static_cast<std::size_t>(kind), 4); }
  std::array<Mean, 5> means_;
};

}  // namespace umbra
