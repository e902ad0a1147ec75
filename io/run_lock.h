#pragma once
// RUN/lock: one campaign at a time on a run directory. Knows of dead owners.

#include <memory>
#include <string>

namespace umbra {

/// Held from construction to destruction, by rank 0. A thread of its own shows that the owner lives, every 10 s.
class RunLock {
 public:
  /// Throws UserError, naming the owner, where a living process holds the directory: on this host one with the same process id and start time;
  /// on another host one that has shown a sign of life in the last `stale_s` seconds (by the clock of the file system).
  /// In a job of Slurm an owner on another host that shows no sign of life is waited for until it is stale: its node may have failed a moment ago. An
  /// earlier start of the same job must have ended for this one to begin: it is stale after two and a half heartbeats.
  explicit RunLock(const std::string& directory, double stale_s = 60.0, double heartbeat_s = 10.0);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What is known of the owner of a run directory, for those who only look.
enum class LockState {
  free,  ///< nobody runs a campaign there
  held,
  dead,  ///< its owner was killed
};
LockState lock_state(const std::string& directory, double stale_s = 60.0);

}  // namespace umbra
