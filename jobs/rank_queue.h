#pragma once
// What the coordinator knows of one rank, and how much it gives it.

#include "jobs/pace.h"
#include "jobs/ring.h"

namespace umbra {

/// A task that has been sent to a rank.
struct SentTask {
  TaskKind kind = TaskKind::point;
  float expected_s = 0.0f;  ///< as was thought when it was sent
  TaskId id = 0;
  std::uint64_t sequence = 0;  ///< of submission
  double sent = 0.0;           ///< Unix time, s; the same for all tasks of a message
};

/// How much longer tasks take a rank than they take on average: other threads may use its core, as the coordinator's does on rank 0.
class Slowness {
 public:
  /// The answer to a task, in the order of evaluation. Only tasks of one message follow one another without the way to the coordinator between them.
  /// @param end of its evaluation, on the rank's clock, s
  void learn(const SentTask& task, double end) {
    constexpr double memory = 1.0 - 1.0 / 300;
    if (task.sent == sent_ && task.expected_s > 0.0f) {
      expected_ = memory * expected_ + task.expected_s;
      taken_ = memory * taken_ + (end - end_);
    }
    sent_ = task.sent;
    end_ = end;
  }
  double factor() const { return expected_ > 0.0 ? std::clamp(taken_ / expected_, 0.1, 20.0) : 1.0; }

 private:
  double expected_ = 0.0, taken_ = 0.0;  // sums of some 300 tasks, s
  double sent_ = 0.0, end_ = 0.0;        // of the last one
};

struct RankQueue {
  Ring<SentTask> sent;    ///< not yet answered; the first one is being evaluated
  double load_s = 0.0;    ///< sum of expected_s
  Slowness slowness;
  bool stalled = false;   ///< in a long evaluation: it has given back what waited behind it
  bool left = false;
  /// For how long it has work, s.
  double lasts_s() const { return load_s * slowness.factor(); }
};

/// How tasks of a kind are handed out now.
struct Portion {
  std::size_t batch;  ///< tasks of a message
  std::size_t ahead;  ///< tasks that a rank may have; 1: the next one is sent when it has answered
};

/// @param depth_s work that a rank should have, so that it never waits for the coordinator
/// @param fixed_batch 0: chosen here
inline Portion portion(const Pace& pace, TaskKind kind, double depth_s, std::size_t fixed_batch) {
  constexpr double batch_s = 1e-3;         // of work in a message: hides what a message costs
  constexpr double look_ahead_s = 0.03;    // longer tasks would rather wait for the next free rank than behind one another
  constexpr std::size_t most_ahead = 20000;
  const bool known = pace.known(kind);
  const double expected = known ? pace.expected(kind) : 0.0;
  if (!known || expected > look_ahead_s) return {std::max<std::size_t>(fixed_batch, 1), std::max<std::size_t>(fixed_batch, 1)};
  const auto ahead = static_cast<std::size_t>(std::clamp(depth_s / expected, 2.0, static_cast<double>(most_ahead)));
  if (fixed_batch > 0) return {fixed_batch, std::clamp(ahead, 2 * fixed_batch, 64 * fixed_batch)};
  return {std::max<std::size_t>(1, static_cast<std::size_t>(batch_s / expected)), ahead};
}

}  // namespace umbra
