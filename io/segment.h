#pragma once
// Files that hold rows, and how. A segment of a drain or a compaction has a few 2-D datasets a table (few collective calls write it); a merged result has
// one 1-D dataset a column. Both are read and written through PartAccess. A part of Store and Reader.

#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5.h"
#include "io/row_keeper.h"
#include "io/table.h"

namespace umbra {

enum class Layout : std::int64_t {
  matrix,  ///< /<group>/integers [lines x rows], numbers [lines x rows], host [rows]
  plain,   ///< /<group>/<column> [rows]
};

/// Rows of a table in a group of a file.
struct Part {
  std::size_t table = 0;
  std::string group;
  std::uint64_t rows = 0;
};

/// A file of rows, as results.h5 lists it.
struct SegmentFile {
  std::string name;         ///< relative to the run directory
  std::uint64_t bytes = 0;  ///< its exact size; a file of another size is damaged
  std::int64_t level = 0;   ///< tier of compaction
  Layout layout = Layout::matrix;
  std::vector<Part> parts;
  std::uint64_t failures = 0;
  std::uint64_t host_size = 8;
};

/// Rows in memory, by columns: integers and numbers as TableShape orders them, [lines x stride]; hosts [stride x host_size] characters.
struct ColumnsView {
  std::int64_t* integers = nullptr;
  double* numbers = nullptr;
  char* hosts = nullptr;
  std::size_t stride = 0;
  std::size_t host_size = 0;
};

/// Group of the rows beyond the end of a table.
std::string surplus_group(const Table& table);
/// Bookkeeping columns, then the table's own, in the order in which results.h5 shows them.
std::vector<Column> all_columns(const Table& table);
/// Attributes unit, label, role of a dataset; the legend of a status.
void describe(const hdf5::Handle& dataset, const Column& column);
/// A group whose members keep the order in which they are made.
hdf5::Handle make_table_group(const hdf5::Handle& file, const Table& table, const std::string& group);

/// Makes the datasets of a part, allocated and not filled.
void make_part(const hdf5::Handle& file, const Table& table, const Part& part, Layout layout, std::size_t host_size);
/// Those beyond the end of a merged result, where there are any: kept for the day when the campaign is extended.
constexpr const char* surplus_failures = "surplus_failures";
void write_failures(const hdf5::Handle& file, const std::vector<Failure>& failures, const std::string& group = "failures");
/// None where the file has no such group.
std::vector<Failure> read_failures(const hdf5::Handle& file, const std::string& group = "failures");

/// A file to write, opened by all ranks or by none (all ranks together).
hdf5::Handle open_by_all(const std::string& path, const Communicator& ranks);

class PartAccess {
 public:
  PartAccess(const hdf5::Handle& file, const Table& table, const Part& part, Layout layout);

  void read_ids(std::uint64_t first, std::uint64_t count, std::int64_t* ids) const;
  /// Rows [first, first + count) to rows [0, count) of `to`.
  void read(std::uint64_t first, std::uint64_t count, const ColumnsView& to) const;
  /// Rows [from, from + count) of `rows` to rows [first, first + count).
  void write(std::uint64_t first, std::uint64_t count, const ColumnsView& rows, std::size_t from, bool collective) const;

 private:
  template <class Each>
  void each_dataset(const ColumnsView& rows, Each each) const;

  TableShape shape_;
  Layout layout_;
  std::vector<hdf5::Handle> integers_, numbers_;  ///< one of many lines, or one a column
  hdf5::Handle host_;
};

}  // namespace umbra
