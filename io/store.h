#pragma once
// The shared HDF5 result of all ranks. Rows are kept by the rank that made them until the coordinator decides on a drain; then all ranks
// write them together into an immutable segment, and results.h5 is replaced by one that shows it. Nothing but a rename makes a drain valid:
//
//   RUN/segments/<G>.h5 written, closed, synced, renamed    RUN/checkpoint.next (sampler state after the drain's outcomes) synced
//   RUN/results.h5 replaced: carries generation G and the list of valid segments: the commit
//   RUN/checkpoint.next becomes RUN/checkpoint               StoreOptions::committed(G): journals up to G go
//
// A kill between any two of these is harmless: the next start goes by the generation in results.h5, ignores and removes what it does not name.
//
// A drain in the campaign loop (rank 0), with `g = journal.number()`, the number of the journal that is being written:
//
//   journal.rotate(in_flight);                                          // what is collected from now on goes to journal g + 1
//   service.issue(store.drain(g, executor.collected(), sampler_state));  // on every rank: Service handler = store.execute(command)

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/table.h"
#include "io/trouble.h"
#include "jobs/communicator.h"
#include "jobs/work.h"

namespace umbra {

struct StoreOptions {
  Attributes attributes;                                 ///< of the root of results.h5 (job, seed, sessions ...); rank 0
  std::function<void(std::uint64_t generation)> committed;  ///< rank 0, called by the service thread: the journals up to this one are not needed any more
  int max_segments = 64;
  int fan_in = 16;                                       ///< segments of a tier that are compacted into one of the next
  std::size_t small_segment_bytes = std::size_t{4} << 20;  ///< below, rank 0 writes what the others send it: cheaper than to open a file together
  std::size_t block_bytes = std::size_t{64} << 20;       ///< memory of a rank for a block of rows in a compaction or merge
};

/// How the result on disk stands.
struct StoreReport {
  std::uint64_t generation = 0;                 ///< of results.h5; 0: nothing on disk
  bool merged = false;                          ///< results.h5 holds plain datasets, rows in task order
  int segments = 0;
  std::map<std::string, std::uint64_t> rows;    ///< of each table
  Trouble trouble;                              ///< of the last drain or merge
  double drain_s = 0.0;                         ///< duration of the last drain, s
  double refresh_s = 0.0;                       ///< of that, replacing results.h5
};

class Store {
 public:
  /// All ranks together. Rank 0 reads RUN/results.h5 where there is one, and removes what it does not name; `ranks` is duplicated.
  /// Throws UserError on every rank where RUN cannot be written, results.h5 or one of its segments is damaged, or its tables have other columns.
  static std::unique_ptr<Store> open(const std::string& directory, std::vector<Table> tables, const Communicator& ranks, StoreOptions options = {});
  ~Store();

  /// Where this rank's executor keeps rows. Any thread; keeps rows in memory until a drain.
  RowSink& sink();
  /// Bytes of rows that this rank holds in memory.
  std::size_t buffered_bytes() const;

  // Rank 0:

  /// Takes an outcome that no sink kept: replayed from the journal, or decided by the campaign (killed_rank). Written by the next drain() that is made after this call.
  void recover(const Outcome& outcome, const std::string& host);
  /// Root attributes from the next drain or merge on.
  void set_attributes(Attributes attributes);
  /// The command for execute(): segment `generation` (above the last) gets the first counts[r] outcomes that the sink of rank r was given in this session, and all
  /// that was recovered, but for what is in a segment already. `state` goes to the checkpoint. Where tables would not hold the rows that are claimed there is trouble, and no
  /// new generation: the journals still have the outcomes.
  std::vector<std::byte> drain(std::uint64_t generation, const std::vector<std::uint64_t>& counts, std::string state, const std::optional<Claims>& claims = {});
  /// Throws UserError where the tables on disk do not hold the rows that are claimed.
  void check_rows(const Claims& claims) const;
  /// The command that merges all segments into plain datasets, rows in task order: ids < ends[table] to /<table>, the others (of the table points: to /surplus) to
  /// /<table>_surplus; a table without an end keeps all its rows. `groups` are added.
  std::vector<std::byte> merge(const std::map<std::string, TaskId>& ends, std::vector<Group> groups);
  /// Thread-safe.
  StoreReport report() const;

  /// All ranks together, on one thread of each: carries out a command. Trouble with disks is reported, not thrown.
  void execute(const std::vector<std::byte>& command);
  /// All ranks together: frees the communicator.
  void close();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
