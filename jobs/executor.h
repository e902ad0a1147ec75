#pragma once
// Where tasks run. The campaign loop on rank 0 is the only caller.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jobs/communicator.h"
#include "jobs/work.h"
#include "src/base/task.h"

namespace umbra {

/// Timing of the evaluation of tasks so far. Busy share = busy_s / (ranks x (last_dispatch - first_dispatch)).
struct ExecutorStatistics {
  std::uint64_t finished = 0;   ///< tasks
  double busy_s = 0.0;          ///< sum of evaluation times that fall before the last dispatch
  double first_dispatch = 0.0;  ///< start of the first evaluation, s on the clock of now()
  double last_dispatch = 0.0;   ///< start of the last evaluation
  double busy_share(int ranks) const;
};

class Executor {
 public:
  virtual ~Executor() = default;

  virtual int ranks() const = 0;
  /// How many more tasks it would take now, so that no rank idles and cheap tasks travel in batches.
  virtual std::size_t room() const = 0;
  /// Takes tasks; they start in this order as ranks become free.
  virtual void submit(std::vector<Task> tasks) = 0;
  /// Appends what has finished; waits for the first one at most `patience` s. Throws UserError, naming rank and task, where a Work threw.
  virtual void collect(std::vector<Outcome>& finished, double patience) = 0;
  struct InFlight {
    TaskKind kind;
    TaskId id;
    int rank;       ///< -1: still queued here
    double start;   ///< seconds on the clock of now(), when it was sent; 0 where it was not
  };
  /// Tasks submitted whose outcomes have not come, in order of submission.
  virtual std::vector<InFlight> in_flight() const = 0;
  /// How many are submitted and not yet collected.
  virtual std::size_t in_flight_count() const = 0;
  /// How many outcomes of each rank collect() has given so far [ranks]. These are the first ones that the rank's RowSink kept.
  virtual const std::vector<std::uint64_t>& collected() const = 0;
  /// Host name of a rank.
  virtual const std::string& host(int rank) const = 0;
  /// Unix time in s; simulated ranks: virtual time.
  virtual double now() const = 0;
  virtual ExecutorStatistics statistics() const = 0;
  /// Takes back the tasks that no rank has begun and ends the ranks' loops without waiting for evaluations in progress: these stay in in_flight().
  /// What finished before, collect() gives afterwards too. Returns false where an evaluation of this rank is still in progress (leave by _exit after MPI has ended).
  virtual bool stop() = 0;

  /// Where outcomes go that come while the caller is away for long (in a slow disk, a slow sampler), so that they are safe before collect() gives them; nullptr: nowhere.
  /// Called by a thread of the executor.
  virtual void listen(std::function<void(const Outcome&)> /*arrived*/) {}
  /// Calls `look` with what has come and collect() has not given; nothing comes meanwhile.
  virtual void waiting(const std::function<void(std::span<const Outcome>)>& look) { look({}); }
};

struct ExecutorOptions {
  std::size_t batch = 0;      ///< tasks a message; 0: chosen by itself from the measured durations
  bool coordinator_evaluates = true;
};

/// Runs every task in this thread inside collect(): the oracle of the tests, and a campaign without MPI.
std::unique_ptr<Executor> make_serial_executor(WorkFactory work, RowSink& sink);

/// Ranks of `ranks`, dynamic and asynchronous. Rank 0 calls this; all other ranks call serve_tasks() with the same arguments. Rank 0 evaluates too, in a thread of its own.
std::unique_ptr<Executor> make_mpi_executor(const Communicator& ranks, WorkFactory work, RowSink& sink, const ExecutorOptions& options = {});
/// Evaluates tasks until rank 0 stops. Returns false where an evaluation was still in progress then (the caller should leave by _exit after MPI has ended).
bool serve_tasks(const Communicator& ranks, WorkFactory work, RowSink& sink, const ExecutorOptions& options = {});

/// Durations of tasks on simulated ranks.
struct VirtualTime {
  int ranks = 512;
  double mean_s = 10.0;
  double sigma = 1.0;           ///< of ln(duration); 0: constant
  double latency_s = 1e-3;      ///< of a message each way
  std::uint64_t seed = 1;       ///< the duration of a task is a function of (seed, kind, id)
  std::function<double(const Task&, const Outcome&)> duration = nullptr;  ///< instead of the drawn one
};
/// R simulated ranks in virtual time: the work is done here and now, its outcome arrives when it would. Deterministic.
std::unique_ptr<Executor> make_virtual_executor(WorkFactory work, RowSink& sink, const VirtualTime& options);

}  // namespace umbra
