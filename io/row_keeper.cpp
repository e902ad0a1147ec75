#include "io/row_keeper.h"

#include <algorithm>
#include <limits>

#include "src/base/error.h"

namespace umbra {
namespace {

constexpr std::size_t block_bytes = std::size_t{16} << 20;
constexpr std::size_t max_spare = 4;

// Whether /failures lists it: what `require` leaves out has nothing to say.
bool is_told(Status status) { return status != Status::ok && status != Status::skipped; }

std::size_t block_capacity(const TableShape& shape) {
  // Not a power of two: the columns of a row would all fall into one set of the cache.
  return std::max<std::size_t>(block_bytes / shape.row_bytes(0) / 64, 2) * 64 + 8;
}

}  // namespace

RowBlock::RowBlock(const TableShape& shape, std::size_t rows)
    : capacity(rows),
      integers(std::make_unique_for_overwrite<std::int64_t[]>(shape.integers * rows)),
      numbers(std::make_unique_for_overwrite<double[]>(shape.numbers * rows)) {}

void trim(std::vector<Failure>& failures, bool now) {
  if (failures.size() <= (now ? max_failures : 2 * max_failures)) return;
  const auto cut = failures.begin() + static_cast<std::ptrdiff_t>(max_failures);
  std::nth_element(failures.begin(), cut, failures.end(), [](const Failure& a, const Failure& b) { return a.id < b.id; });
  failures.erase(cut, failures.end());
}

RowKeeper::RowKeeper(const std::vector<Table>& tables) : tables_(tables), buffers_(tables.size()), last_failure_(std::numeric_limits<std::int64_t>::max()) {
  for (std::size_t t = 0; t < tables.size(); ++t) {
    shapes_.emplace_back(tables[t]);
    buffers_[t].capacity = block_capacity(shapes_[t]);
  }
}

RowBlock& RowKeeper::block_with_room(Buffer& buffer, const TableShape& shape) {
  if (buffer.blocks.empty() || buffer.end == buffer.capacity) {
    if (buffer.spare.empty()) {
      buffer.blocks.push_back(std::make_shared<RowBlock>(shape, buffer.capacity));
    } else {
      buffer.blocks.push_back(std::move(buffer.spare.back()));
      buffer.spare.pop_back();
    }
    buffer.end = 0;
  }
  return *buffer.blocks.back();
}

void RowKeeper::keep_values(std::size_t table, const Outcome& outcome, const std::string& host) {
  const Table& t = tables_[table];
  EXPECT(outcome.values.size() <= t.columns.size());
  Buffer& buffer = buffers_[table];
  RowBlock& b = block_with_room(buffer, shapes_[table]);
  const std::size_t at = buffer.end++;
  std::int64_t* integers = b.integers.get() + at;
  integers[0] = static_cast<std::int64_t>(outcome.id);
  integers[b.capacity] = static_cast<std::int64_t>(outcome.status);
  integers[2 * b.capacity] = outcome.phase;
  integers[3 * b.capacity] = outcome.rank;
  double* numbers = b.numbers.get() + at;
  numbers[0] = outcome.start;
  numbers[b.capacity] = outcome.duration;
  for (std::size_t c = 0; c < t.columns.size(); ++c)
    numbers[(2 + c) * b.capacity] = c < outcome.values.size() ? outcome.values[c] : std::numeric_limits<double>::quiet_NaN();

  std::size_t h = 0;
  while (h < hosts_.size() && hosts_[h] != host) ++h;
  if (h == hosts_.size()) hosts_.push_back(host);
  if (h > 0 && b.host.empty()) b.host.resize(b.capacity);
  if (!b.host.empty()) b.host[at] = static_cast<std::uint16_t>(h);
}

void RowKeeper::keep_rows(std::size_t table, const Outcome& outcome) {
  const std::size_t columns = tables_[table].columns.size();
  EXPECT(columns > 0 && outcome.rows.size() % columns == 0);
  Buffer& buffer = buffers_[table];
  const double* row = outcome.rows.data();
  for (std::size_t left = outcome.rows.size() / columns; left > 0;) {
    RowBlock& b = block_with_room(buffer, shapes_[table]);
    const std::size_t n = std::min(left, b.capacity - buffer.end);
    std::fill_n(b.integers.get() + buffer.end, n, static_cast<std::int64_t>(outcome.id));
    double* numbers = b.numbers.get() + buffer.end;
    for (std::size_t i = 0; i < n; ++i, row += columns)
      for (std::size_t c = 0; c < columns; ++c) numbers[c * b.capacity + i] = row[c];
    buffer.end += n;
    left -= n;
  }
}

void RowKeeper::keep(const Outcome& outcome, const std::string& host) {
  std::int32_t table = -1;
  for (std::size_t t = 0; t < tables_.size(); ++t)
    if (tables_[t].kind == outcome.kind) table = static_cast<std::int32_t>(t);
  const std::scoped_lock lock(mutex_);
  std::uint64_t rows = 0;
  if (table >= 0) {
    const Table& t = tables_[static_cast<std::size_t>(table)];
    if (t.source == RowSource::values) {
      rows = 1;
      keep_values(static_cast<std::size_t>(table), outcome, host);
      const auto id = static_cast<std::int64_t>(outcome.id);
      if (is_told(outcome.status) && id <= last_failure_) failures_.push_back({kept_, {id, static_cast<std::int64_t>(outcome.status), outcome.message}});
    } else {
      rows = outcome.rows.size() / t.columns.size();
      keep_rows(static_cast<std::size_t>(table), outcome);
    }
  }
  if (runs_.empty() || runs_.back().table != table || runs_.back().rows_each != rows) runs_.push_back({table, rows, 0});
  ++runs_.back().outcomes;
  ++kept_;
  // Those of lowest id among any are among the lowest of all that are left, so the others may go.
  if (failures_.size() > 2 * max_failures) {
    const auto cut = failures_.begin() + static_cast<std::ptrdiff_t>(max_failures);
    std::nth_element(failures_.begin(), cut, failures_.end(), [](const Numbered& a, const Numbered& b) { return a.failure.id < b.failure.id; });
    failures_.erase(cut, failures_.end());
  }
}

std::uint64_t RowKeeper::kept() const {
  const std::scoped_lock lock(mutex_);
  return kept_;
}

std::size_t RowKeeper::bytes() const {
  const std::scoped_lock lock(mutex_);
  std::size_t total = 0;
  for (std::size_t t = 0; t < buffers_.size(); ++t) {
    const Buffer& b = buffers_[t];
    if (!b.blocks.empty()) total += ((b.blocks.size() - 1) * b.capacity + b.end - b.begin) * shapes_[t].row_bytes(0);
  }
  return total;
}

std::vector<std::string> RowKeeper::hosts() const {
  const std::scoped_lock lock(mutex_);
  return hosts_;
}

std::vector<std::uint64_t> RowKeeper::rows_of_first(std::uint64_t outcomes) const {
  std::vector<std::uint64_t> rows(tables_.size(), 0);
  for (const Run& run : runs_) {
    const std::uint64_t n = std::min(run.outcomes, outcomes);
    if (run.table >= 0) rows[static_cast<std::size_t>(run.table)] += n * run.rows_each;
    outcomes -= n;
    if (outcomes == 0) break;
  }
  return rows;
}

RowKeeper::Batch RowKeeper::first(std::uint64_t total) const {
  const std::scoped_lock lock(mutex_);
  EXPECT(total >= released_ && total <= kept_);
  const auto rows = rows_of_first(total - released_);
  Batch batch;
  batch.slices.resize(tables_.size());
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    std::uint64_t left = rows[t];
    std::size_t from = buffers_[t].begin;
    for (std::size_t b = 0; left > 0; ++b, from = 0) {
      const std::size_t n = std::min<std::uint64_t>(left, buffers_[t].capacity - from);
      batch.slices[t].push_back({buffers_[t].blocks[b], from, n});
      left -= n;
    }
  }
  for (const Numbered& f : failures_)
    if (f.outcome < total) batch.failures.push_back(f.failure);
  trim(batch.failures, true);
  return batch;
}

void RowKeeper::release(std::uint64_t total, std::int64_t last_failure) {
  const std::scoped_lock lock(mutex_);
  const auto rows = rows_of_first(total - released_);
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    Buffer& b = buffers_[t];
    b.begin += rows[t];
    while (!b.blocks.empty() && b.begin >= b.capacity) {
      if (b.spare.size() < max_spare && b.blocks.front().use_count() == 1) b.spare.push_back(std::move(b.blocks.front()));
      b.blocks.pop_front();
      b.begin -= b.capacity;
    }
    if (b.blocks.empty()) b.end = 0;
  }
  for (std::uint64_t left = total - released_; left > 0;) {
    const std::uint64_t n = std::min(left, runs_.front().outcomes);
    runs_.front().outcomes -= n;
    left -= n;
    if (runs_.front().outcomes == 0) runs_.pop_front();
  }
  released_ = total;
  last_failure_ = std::min(last_failure_, last_failure);
  std::erase_if(failures_, [&](const Numbered& f) { return f.outcome < total || f.failure.id > last_failure_; });
}

}  // namespace umbra
