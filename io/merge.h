#pragma once
// Rewrites the rows of many files into one, sorted by task id, by all ranks together, in bounded memory: a first pass over the ids cuts them into
// windows of about as many rows each; each rank then sorts and writes its own windows. Serves compaction and the final merge. A part of Store.
// Cost: each column is read and written once (more where the rows of a file are far from sorted), ids three times.

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "io/segment.h"
#include "jobs/communicator.h"

namespace umbra {

class Merge {
 public:
  /// Reads ids (all ranks together).
  /// @param ends tables whose rows with id >= end go to a surplus group
  /// @param block_bytes memory of a rank for a window
  Merge(const std::string& directory, const std::vector<Table>& tables, std::vector<SegmentFile> inputs, const std::map<std::string, TaskId>& ends, std::size_t block_bytes,
        const Communicator& ranks);

  /// What the file to be written holds; a surplus group for each end.
  const std::vector<Part>& parts() const { return parts_; }
  std::size_t host_size() const { return host_size_; }
  /// Failures of lowest id of all inputs, sorted (any one rank), those below the end of the points and those beyond it.
  struct Failures {
    std::vector<Failure> main, surplus;
  };
  Failures failures() const;
  /// Writes the rows (all ranks together) into a file that has the parts, allocated, in this layout.
  void write(const std::string& path, Layout layout) const;

 private:
  struct Chunk {  ///< rows of an input that are read at once
    std::size_t input, part;
    std::uint64_t first, count;
    std::int64_t lowest, highest;  ///< ids
  };
  struct Plan {
    std::vector<Chunk> chunks;
    std::vector<std::int64_t> bounds;    ///< [windows + 1] ids; window w holds bounds[w] <= id < bounds[w + 1]
    std::vector<std::uint64_t> offsets;  ///< [windows + 1] rows before window w
    std::uint64_t main_rows = 0;         ///< below the end
    std::size_t window_rows = 0;         ///< aimed at
  };
  class Inputs;

  Plan make_plan(std::size_t table, const std::map<std::string, TaskId>& ends, std::size_t block_bytes) const;
  void write_window(const Inputs& inputs, std::size_t table, std::size_t window, const PartAccess& main, const PartAccess* surplus) const;

  std::string directory_;
  const std::vector<Table>& tables_;
  std::vector<SegmentFile> inputs_;
  const Communicator& ranks_;
  std::vector<Plan> plans_;  ///< [tables]
  std::vector<Part> parts_;
  std::int64_t end_of_failures_ = std::numeric_limits<std::int64_t>::max();
  std::size_t host_size_ = 8;
};

}  // namespace umbra
