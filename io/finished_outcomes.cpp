#include "io/finished_outcomes.h"

#include <string.h>

#include <algorithm>
#include <map>
#include <vector>

#include "io/listing.h"
#include "io/segment.h"
#include "src/base/error.h"

namespace umbra {

struct FinishedOutcomes::Impl {
  Impl(const std::string& directory, const std::string& name, std::uint64_t rows_of_block) : run(directory), listing(read_listing(directory)) {
    check_sources(run, listing);
    const auto at = std::find_if(listing.tables.begin(), listing.tables.end(), [&](const Table& t) { return t.name == name; });
    VALIDATE(at != listing.tables.end(), "{}/results.h5 has no table '{}' (it is of another job)", run, name);
    VALIDATE(listing.merged, "{}/results.h5 is not finished: run its job again to go on", run);
    table = &*at;
    shape.emplace(*table);
    const SegmentFile& results = listing.files.front();
    const auto locked = hdf5::lock();
    file = hdf5::open_file(run + "/" + results.name);
    for (Failure& f : read_failures(file)) failures.emplace(static_cast<TaskId>(f.id), std::move(f));
    const auto part = std::find_if(results.parts.begin(), results.parts.end(), [&](const Part& p) { return p.group == name; });
    if (part == results.parts.end()) return;
    rows = part->rows;
    access.emplace(file, *table, *part, results.layout);
    host_size = results.host_size;
    block = std::max<std::uint64_t>(std::min(rows_of_block, rows), 1);
    integers.resize(shape->integers * block);
    numbers.resize(shape->numbers * block);
    if (shape->has_host) hosts.resize(host_size * block);
  }

  ~Impl() {
    const auto locked = hdf5::lock();
    access.reset();
    file = {};
  }

  // Whether there is a row at `next`, in memory.
  bool here() {
    if (next < in_memory) return true;
    if (next >= rows) return false;
    const auto locked = hdf5::lock();
    first = next;
    const std::uint64_t count = std::min(block, rows - first);
    access->read(first, count, {integers.data(), numbers.data(), hosts.data(), block, host_size});
    in_memory = first + count;
    return true;
  }

  TaskId id() const { return static_cast<TaskId>(integers[next - first]); }
  std::int32_t integer(std::size_t column) const { return static_cast<std::int32_t>(integers[column * block + (next - first)]); }

  void take_numbers(std::size_t from, std::vector<double>& to) const {
    for (std::size_t c = from; c < shape->numbers; ++c) to.push_back(numbers[c * block + (next - first)]);
  }

  void take_row(Outcome& o, std::string& host) {
    o.status = static_cast<Status>(integer(1));
    o.phase = integer(2);
    o.rank = integer(3);
    o.start = numbers[next - first];
    o.duration = numbers[block + (next - first)];
    take_numbers(2, o.values);
    const char* h = hosts.data() + (next - first) * host_size;
    host.assign(h, ::strnlen(h, host_size));
    ++next;
  }

  std::string run;
  Listing listing;
  const Table* table = nullptr;
  std::optional<TableShape> shape;
  std::map<TaskId, Failure> failures;
  hdf5::Handle file;  ///< stays open: closing it closes what access reads
  std::optional<PartAccess> access;
  std::uint64_t rows = 0, block = 1, first = 0, in_memory = 0, next = 0;
  std::size_t host_size = 0;
  std::vector<std::int64_t> integers;
  std::vector<double> numbers;
  std::vector<char> hosts;
};

FinishedOutcomes::FinishedOutcomes(const std::string& run, const std::string& table, std::uint64_t block_rows) : impl_(std::make_unique<Impl>(run, table, block_rows)) {}
FinishedOutcomes::~FinishedOutcomes() = default;
FinishedOutcomes::FinishedOutcomes(FinishedOutcomes&&) noexcept = default;

std::optional<Outcome> FinishedOutcomes::take(TaskId id, std::string& host) {
  Impl& m = *impl_;
  while (m.here() && m.id() < id) ++m.next;
  Outcome o;
  o.kind = m.table->kind;
  o.id = id;
  host.clear();
  const auto failure = m.failures.find(id);
  const bool row = m.here() && m.id() == id;
  if (failure != m.failures.end()) {
    o.status = static_cast<Status>(failure->second.status);
    o.message = failure->second.message;
  } else if (!row) {
    return {};
  }
  if (row && m.table->source == RowSource::values) m.take_row(o, host);
  if (m.table->source == RowSource::rows)
    for (; m.here() && m.id() == id; ++m.next) m.take_numbers(0, o.rows);
  return o;
}

}  // namespace umbra
