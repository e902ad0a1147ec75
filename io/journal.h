#pragma once
// RUN/journal/<number>.log: what happened since the last segment. Append-only records, each with length and CRC-32C; a torn or corrupt tail is
// cut, never trusted. In the file within milliseconds of the call, so that it outlives the process; on disk (fdatasync) within a second, many records
// a sync, by threads of its own: a slow disk holds up neither the caller nor what comes after.
// The outcomes of journal g are in segment g (store.h). Cost: about 1 us a record for the caller.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/trouble.h"
#include "src/base/task.h"

namespace umbra {

/// A task given to a rank.
struct Start {
  TaskKind kind = TaskKind::point;
  TaskId id = 0;
  std::int32_t rank = 0;
  std::int32_t deaths = 0;       ///< of ranks that had it in flight before
  std::int32_t allocations = 0;  ///< that it outlived before
  double time = 0.0;             ///< Unix s
};

class Journal {
 public:
  /// What replay() meets, in the order in which it was written. Unset functions are skipped.
  struct Visitor {
    /// All of an outcome but its rows; `lost_rows` says whether it had some, which must be made again unless they are in a segment.
    /// An outcome whose rows were made again stands twice.
    std::function<void(Outcome&& outcome, const std::string& host, bool lost_rows)> outcome;
    std::function<void(const Start&)> start;
    std::function<void(const std::string& text)> note;
    std::function<void(const std::vector<std::string>& hosts)> session;
  };
  struct Replayed {
    std::uint64_t records = 0;
    std::uint64_t cut_bytes = 0;  ///< of torn or corrupt tails
  };

  /// Opens RUN/journal after generation `generation` (that of results.h5): removes journals up to it, leaves later ones to replay(), and starts a new
  /// one. Throws UserError where the folder cannot be written.
  /// @param hosts [ranks] of this session
  Journal(const std::string& directory, std::uint64_t generation, std::vector<std::string> hosts, double sync_interval_s = 0.25);
  /// Writes and syncs what is left.
  ~Journal();

  /// Reads the journals of earlier sessions that are in no segment.
  Replayed replay(const Visitor& visitor) const;

  /// Number of the journal being written: the generation of the next drain.
  std::uint64_t number() const;
  void outcome(const Outcome& outcome);
  void start(std::span<const Start> starts);
  /// Anything else that a resume must know: a status decided, a budget spent.
  void note(const std::string& text);
  /// What is recorded from now on goes to journal number() + 1, which begins with the tasks in flight (their starts would go with the old journal).
  void rotate(std::span<const Start> in_flight);
  /// Removes journals up to this one, by and by. Any thread.
  void discard(std::uint64_t generation);
  /// Waits until all that was recorded is in the file, where it outlives this process; or there is trouble.
  void write();
  /// Waits until all that was recorded is on disk, where it outlives the machine; or there is trouble.
  void flush();
  /// Trouble of the writer: it keeps what it could not write, and tries again each second; gone when it has succeeded.
  Trouble trouble() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
