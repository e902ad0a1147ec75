#pragma once
// The one loop: a sampler's tasks to where they run, their outcomes to the record and back to the sampler. Scans, learning, toys and
// searches are uses of it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "jobs/executor.h"
#include "src/samplers/sampler.h"
#include "workflows/ledger.h"

namespace umbra {

/// What a recorder asks of the loop.
enum class Advice {
  go_on,
  wait,  ///< give out no more tasks for now (the disk is full)
  stop,  ///< stop in good order
};

/// Where a campaign keeps what must survive it. Called by the campaign loop on rank 0 only.
class Recorder {
 public:
  virtual ~Recorder() = default;
  /// The outcome of a task that was finished before this start of the campaign, once; or nothing.
  virtual std::optional<Outcome> known(TaskKind kind, TaskId id) = 0;
  /// Tasks are about to run; sets the care that they need.
  virtual void started(std::span<Task> tasks) = 0;
  /// An outcome has come in, and has been told to the sampler and the ledger.
  virtual void finished(const Outcome& outcome) = 0;
  /// Called between outcomes, at least every 10 ms: writes what is due. Must not block.
  virtual void tick() = 0;
  virtual Advice advice() const { return Advice::go_on; }
  /// Whether so many rows wait to be written that no more should be made for now.
  virtual bool behind() const { return false; }
  /// How long it may take to write what is due at the end, s.
  virtual double closing_s() const { return 0.0; }
};

/// A recorder of nothing, for tests and checks.
class NoRecorder final : public Recorder {
 public:
  std::optional<Outcome> known(TaskKind, TaskId) override { return {}; }
  void started(std::span<Task>) override {}
  void finished(const Outcome&) override {}
  void tick() override {}
};

/// Keeps no rows, for checks and forecasts.
class NoRows final : public RowSink {
 public:
  void keep(const Outcome&) override {}
};

enum class Ending {
  complete,      ///< the stop criterion is met, or the sampler is done
  over_budget,   ///< too many failures
  interrupted,   ///< stopped in good order before the end: run again to go on
  exhausted,     ///< the sampler has nothing more to ask, short of the stop criterion
};

/// Why a campaign stopped before its end.
enum class StopCause {
  none,      ///< it did not
  signal,
  deadline,
  trouble,   ///< the recorder's advice
};

/// When to stop before the end.
struct StopRequest {
  /// 0 go on; 1 stop in good order; 2 stop at once. Set by signal handlers.
  const std::atomic<int>* signal = nullptr;
  /// On the executor's clock: all is written by then.
  double deadline = std::numeric_limits<double>::infinity();
  /// What is in flight at a signal may take this long, s ...
  double grace_s = 5.0;
  /// ... or this where the signal announces a kill (mpirun gives its ranks a second after SIGTERM).
  double hurried_grace_s = 0.3;
  const std::atomic<bool>* hurry = nullptr;
};

class Campaign {
 public:
  Campaign(Sampler& sampler, Executor& executor, Ledger& ledger, Recorder& recorder) : sampler_(sampler), executor_(executor), ledger_(ledger), recorder_(recorder) {}

  /// Runs until an end, and stops the executor. What is still being evaluated then is left alone.
  Ending run(const StopRequest& stop = {});
  StopCause cause() const { return cause_; }  ///< what ended run()

 private:
  Ending loop(const StopRequest& stop);
  void take_surplus(const StopRequest& stop);
  void take(double patience);
  bool submit_ready();
  void accept(const Outcome& outcome);
  StopCause must_stop(const StopRequest& stop);
  double last_moment(const StopRequest& stop) const { return stop.deadline - recorder_.closing_s(); }

  Sampler& sampler_;
  Executor& executor_;
  Ledger& ledger_;
  Recorder& recorder_;
  std::vector<Outcome> finished_;
  StopCause cause_ = StopCause::none;
  bool asked_in_vain_ = false;
  double next_look_at_deadline_ = 0.0;
  std::vector<double> recent_durations_;
};

}  // namespace umbra
