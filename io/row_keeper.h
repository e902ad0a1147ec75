#pragma once
// Rows in memory, in the order in which they came, as columns: what a rank made and no segment holds yet. A part of Store.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/table.h"
#include "jobs/work.h"

namespace umbra {

/// How many columns of which type a table has in a file: integers id[, status, phase, rank]; numbers [start, duration, ] and the table's own.
struct TableShape {
  explicit TableShape(const Table& table)
      : integers(table.source == RowSource::values ? 4 : 1), numbers(table.columns.size() + leading_numbers(table)), has_host(table.source == RowSource::values) {}
  static std::size_t leading_numbers(const Table& table) { return table.source == RowSource::values ? 2 : 0; }

  std::size_t integers;
  std::size_t numbers;
  bool has_host;
  std::size_t row_bytes(std::size_t host_size) const { return 8 * (integers + numbers) + (has_host ? host_size : 0); }
};

/// Up to `capacity` rows by columns: integers [shape.integers x capacity], numbers [shape.numbers x capacity].
struct RowBlock {
  RowBlock(const TableShape& shape, std::size_t capacity);
  std::size_t capacity;
  std::unique_ptr<std::int64_t[]> integers;
  std::unique_ptr<double[]> numbers;
  std::vector<std::uint16_t> host;  ///< [capacity], where the keeper has more than one
};

struct Failure {
  std::int64_t id;
  std::int64_t status;
  std::string message;
};
/// /failures has the first of them in id order.
constexpr std::size_t max_failures = 100000;
constexpr std::size_t failure_message_size = 256;
/// Keeps the failures of lowest id, at most max_failures, once there are twice as many (or `now`).
void trim(std::vector<Failure>& failures, bool now);

/// Thread-safe: keep() may run while another thread writes what first() gave.
class RowKeeper {
 public:
  struct Slice {
    std::shared_ptr<const RowBlock> block;
    std::size_t from, count;
  };
  struct Batch {
    std::vector<std::vector<Slice>> slices;  ///< [tables]
    std::vector<Failure> failures;
  };

  explicit RowKeeper(const std::vector<Table>& tables);

  void keep(const Outcome& outcome, const std::string& host);
  std::uint64_t kept() const;   ///< outcomes so far
  std::size_t bytes() const;    ///< of rows not released
  std::vector<std::string> hosts() const;  ///< that RowBlock::host points to
  /// The rows of the first `total` outcomes that have not been released.
  Batch first(std::uint64_t total) const;
  /// Forgets the first `total` outcomes. Failures with an id above `last_failure` are not kept any more.
  void release(std::uint64_t total, std::int64_t last_failure);

 private:
  struct Buffer {
    std::deque<std::shared_ptr<RowBlock>> blocks;
    std::size_t begin = 0;  ///< of the first row that has not been released, in blocks.front()
    std::size_t end = 0;    ///< of the free part of blocks.back()
    std::size_t capacity = 0;
    std::vector<std::shared_ptr<RowBlock>> spare;  ///< used before: fresh memory costs more than the rows
  };
  struct Run {  ///< of outcomes of one table with as many rows each
    std::int32_t table;
    std::uint64_t rows_each;
    std::uint64_t outcomes;
  };
  std::vector<std::uint64_t> rows_of_first(std::uint64_t outcomes) const;
  void keep_values(std::size_t table, const Outcome& outcome, const std::string& host);
  void keep_rows(std::size_t table, const Outcome& outcome);
  RowBlock& block_with_room(Buffer& buffer, const TableShape& shape);

  const std::vector<Table>& tables_;
  std::vector<TableShape> shapes_;
  mutable std::mutex mutex_;
  std::vector<Buffer> buffers_;
  std::deque<Run> runs_;
  std::vector<std::string> hosts_;
  struct Numbered {
    std::uint64_t outcome;  ///< its number among those kept
    Failure failure;
  };
  std::vector<Numbered> failures_;
  std::int64_t last_failure_;
  std::uint64_t kept_ = 0;
  std::uint64_t released_ = 0;
};

}  // namespace umbra
