#pragma once
// A helper thread on every rank, with a communicator of its own, for what all ranks do together (writing a segment) while they evaluate.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/communicator.h"

namespace umbra {

/// Commands run one after the other, in the order in which rank 0 issued them, on the helper thread of every rank; the evaluation threads
/// go on meanwhile. Construction and destruction are plain local acts; start() and stop() are called by all ranks.
class Service {
 public:
  using Handler = std::function<void(const std::vector<std::byte>& command)>;

  /// @param ranks duplicated by start(); a Communicator::self() gives a service of one rank without MPI
  Service(const Communicator& ranks, Handler handler);
  /// Ends this rank's thread after the command that it is in, where stop() was not reached (an exception on its way out).
  ~Service();

  /// All ranks, together.
  void start();

  /// Rank 0: sends a command to all helper threads and returns at once. Returns its number, counted from 1.
  std::uint64_t issue(std::vector<std::byte> command);
  /// Rank 0: how many commands all ranks have finished.
  std::uint64_t finished() const;
  /// Rank 0: waits until all that was issued is finished everywhere, or one has failed.
  void wait() const;
  /// The same, but for at most so long; false where that was not enough.
  bool wait_for(double seconds) const;
  /// Rank 0: the error of a handler ("rank 3: ..."), if any threw; no further command runs on any rank after one.
  std::optional<std::string> error() const;
  /// Rank 0 ends the threads of all ranks after the issued commands; the other ranks wait in stop() for that.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
