#pragma once
// Starts processes on behalf of one worker, through a guard process that is their parent and sees to it that none outlives its run or the rank.

#include <string>
#include <vector>

#include "jobs/simulators/guard_protocol.h"

namespace umbra {

/// What to start and how.
struct Command {
  std::vector<std::string> arguments;  ///< the program (a path, or a name on the PATH) and its arguments
  std::vector<std::string> variables;  ///< NAME=value, added to the rank's environment
  std::string directory;               ///< where it runs
  std::string out;                     ///< file for its standard output, unless it talks through pipes
  std::string err;                     ///< file for its standard error
  ProcessLimits limits;
  int cores = 1;
};

/// One guard process and one scratch directory (in $SLURM_TMPDIR, else $TMPDIR, else /tmp), which it removes at the end, also where the rank
/// is killed. The guard has a session of its own and holds none of the rank's descriptors; MPI's variables are kept from its children. One
/// thread at a time. Starting it costs 1-2 ms, once; a run costs a round trip to it.
class Guard {
 public:
  /// @throws UserError where no scratch directory can be made or the guard cannot be started
  Guard();
  ~Guard();  ///< ends what runs, removes the scratch directory, waits for both
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  const std::string& scratch() const { return scratch_; }

  /// Runs a command to its end, standard input from /dev/null.
  GuardReply run(const Command& command);

  /// When what was started is to be ended (CLOCK_MONOTONIC, s; noticed within 20 ms); 0: it may wait to be asked. Costs nothing.
  void set_deadline(double time) { board_->deadline.store(time, std::memory_order_relaxed); }
  /// Whether cpu_time counts what is used between two deadlines, or nothing (at the start of a program). Costs nothing.
  void limit_cpu(bool on) { board_->cpu_limited.store(on, std::memory_order_relaxed); }
  /// Starts a command that reads `in` and writes `out`; the caller keeps its own ends and closes these two. False where the guard is lost.
  bool start(const Command& command, int in, int out);
  /// Readable when what was started has ended.
  int descriptor() const { return socket_; }
  /// The end of what was started; waits for it.
  GuardReply wait();
  /// Ends what was started, now.
  GuardReply stop();
  /// Ends what a guard that was killed watched over: it belongs to nobody, but the mark in its environment still tells. From any thread.
  void end_orphans() const;

 private:
  void launch();
  void release();
  GuardReply lost();
  bool send(const Command& command, const int* pipes);

  std::string scratch_;
  int socket_ = -1;
  int process_ = -1;
  int memory_ = -1;
  GuardBoard* board_ = nullptr;
};

/// The path of a program that comes with Umbra: in $UMBRA_BIN, in bin/ beside the library's folder, or beside this program. "" where it is not.
std::string companion_program(const std::string& name);

}  // namespace umbra
