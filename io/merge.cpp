#include "io/merge.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>

#include "io/together.h"
#include "src/base/error.h"

namespace umbra {
namespace {

constexpr std::uint64_t chunk_rows = 32768;
constexpr std::int64_t first_id = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t no_id = std::numeric_limits<std::int64_t>::max();

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> values_of(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Memory for rows by columns, not filled.
struct Columns {
  Columns(const TableShape& shape, std::size_t rows, std::size_t host_size)
      : integers(std::make_unique_for_overwrite<std::int64_t[]>(shape.integers * rows)),
        numbers(std::make_unique_for_overwrite<double[]>(shape.numbers * rows)),
        hosts(std::make_unique_for_overwrite<char[]>(shape.has_host ? rows * host_size : 0)),
        view{integers.get(), numbers.get(), hosts.get(), rows, host_size} {}
  std::unique_ptr<std::int64_t[]> integers;
  std::unique_ptr<double[]> numbers;
  std::unique_ptr<char[]> hosts;
  ColumnsView view;
};

struct Row {
  std::int64_t id;
  std::uint32_t chunk;
  std::uint32_t at;
};

/// Rows [0, count) of `from` to rows position[0, count) of `to`; a position of none is skipped.
constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
void scatter(const TableShape& shape, const ColumnsView& from, const std::vector<std::uint32_t>& position, const ColumnsView& to) {
  const std::size_t n = position.size();
  // The usual case: a run of rows that stays a run.
  bool run = n > 0 && position[0] != none;
  for (std::size_t i = 1; run && i < n; ++i) run = position[i] == position[0] + i;
  const auto lines = [&](const auto* in, auto* out, std::size_t count) {
    for (std::size_t c = 0; c < count; ++c, in += from.stride, out += to.stride) {
      if (run) {
        std::copy_n(in, n, out + position[0]);
      } else {
        for (std::size_t i = 0; i < n; ++i)
          if (position[i] != none) out[position[i]] = in[i];
      }
    }
  };
  lines(from.integers, to.integers, shape.integers);
  lines(from.numbers, to.numbers, shape.numbers);
  if (!shape.has_host) return;
  for (std::size_t i = 0; i < n; ++i)
    if (position[i] != none) std::memcpy(to.hosts + position[i] * to.host_size, from.hosts + i * from.host_size, to.host_size);
}

}  // namespace

/// The parts of a table in all inputs, open.
class Merge::Inputs {
 public:
  Inputs(const Merge& merge, std::size_t table) {
    for (std::size_t i = 0; i < merge.inputs_.size(); ++i) {
      const SegmentFile& f = merge.inputs_[i];
      parts_.emplace_back();
      bool used = false;
      for (const Part& p : f.parts) used |= p.table == table;
      files_.push_back(used ? hdf5::open_file(merge.directory_ + "/" + f.name) : hdf5::Handle());
      for (const Part& p : f.parts) {
        parts_.back().emplace_back();
        if (p.table == table) parts_.back().back().emplace(files_.back(), merge.tables_[table], p, f.layout);
      }
    }
  }
  Inputs(const Inputs&) = delete;
  ~Inputs() { parts_.clear(); }
  const PartAccess& part(const Chunk& c) const { return *parts_[c.input][c.part]; }

 private:
  std::vector<hdf5::Handle> files_;
  std::vector<std::vector<std::optional<PartAccess>>> parts_;
};

Merge::Merge(const std::string& directory, const std::vector<Table>& tables, std::vector<SegmentFile> inputs, const std::map<std::string, TaskId>& ends, std::size_t block_bytes,
             const Communicator& ranks)
    : directory_(directory), tables_(tables), inputs_(std::move(inputs)), ranks_(ranks) {
  for (const SegmentFile& f : inputs_) host_size_ = std::max<std::size_t>(host_size_, f.host_size);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    plans_.push_back(make_plan(t, ends, block_bytes));
    parts_.push_back({t, tables[t].name, plans_[t].main_rows});
    const auto end = ends.find(tables[t].name);
    if (end == ends.end()) continue;
    if (tables[t].source == RowSource::values && end->second < static_cast<TaskId>(end_of_failures_)) end_of_failures_ = static_cast<std::int64_t>(end->second);
    parts_.push_back({t, surplus_group(tables[t]), plans_[t].offsets.back() - plans_[t].main_rows});
  }
}

Merge::Plan Merge::make_plan(std::size_t table, const std::map<std::string, TaskId>& ends, std::size_t block_bytes) const {
  Plan plan;
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    for (std::size_t p = 0; p < inputs_[i].parts.size(); ++p) {
      if (inputs_[i].parts[p].table != table) continue;
      const std::uint64_t n = inputs_[i].parts[p].rows;
      rows += n;
      for (std::uint64_t first = 0; first < n; first += chunk_rows) plan.chunks.push_back({i, p, first, std::min(chunk_rows, n - first), 0, 0});
    }
  }
  const auto num_ranks = static_cast<std::size_t>(ranks_.size()), rank = static_cast<std::size_t>(ranks_.rank());
  const std::size_t per_window = block_bytes / 2 / TableShape(tables_[table]).row_bytes(host_size_);
  plan.window_rows = std::max<std::size_t>(std::min<std::size_t>(per_window, rows / (4 * num_ranks)), 8192);
  // Of the sorted ids every so-many-th is a sample, several of them in a chunk: a chunk without any would not be cut at all.
  const std::size_t sampling = std::min<std::size_t>(plan.window_rows, chunk_rows) / 4, samples_of_window = plan.window_rows / sampling;

  // Each rank looks at its share of the chunks: lowest and highest id, and every so-many-th of the sorted ids.
  const auto each_chunk = [&](const std::function<void(std::size_t, const std::vector<std::int64_t>&)>& look) {
    together(ranks_, [&] {
      const auto locked = hdf5::lock();
      const Inputs inputs(*this, table);
      std::vector<std::int64_t> ids;
      for (std::size_t c = rank; c < plan.chunks.size(); c += num_ranks) {
        ids.resize(plan.chunks[c].count);
        inputs.part(plan.chunks[c]).read_ids(plan.chunks[c].first, plan.chunks[c].count, ids.data());
        look(c, ids);
      }
    });
  };
  std::vector<std::int64_t> extremes, samples;
  std::size_t next_sample = sampling - 1;
  each_chunk([&](std::size_t c, const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> sorted = ids;
    if (!std::is_sorted(sorted.begin(), sorted.end())) std::sort(sorted.begin(), sorted.end());
    extremes.insert(extremes.end(), {static_cast<std::int64_t>(c), sorted.front(), sorted.back()});
    for (; next_sample < sorted.size(); next_sample += sampling) samples.push_back(sorted[next_sample]);
    next_sample -= sorted.size();  // chunks may be smaller than what lies between two samples
  });
  for (const std::string& part : ranks_.all_gather(bytes_of(extremes))) {
    const auto e = values_of<std::int64_t>(part);
    for (std::size_t i = 0; i < e.size(); i += 3) {
      plan.chunks[static_cast<std::size_t>(e[i])].lowest = e[i + 1];
      plan.chunks[static_cast<std::size_t>(e[i])].highest = e[i + 2];
    }
  }
  std::vector<std::int64_t> all;
  for (const std::string& part : ranks_.all_gather(bytes_of(samples))) {
    const auto s = values_of<std::int64_t>(part);
    all.insert(all.end(), s.begin(), s.end());
  }
  std::sort(all.begin(), all.end());
  plan.bounds = {first_id};
  for (std::size_t i = samples_of_window - 1; i < all.size(); i += samples_of_window) plan.bounds.push_back(all[i]);
  const auto end = ends.find(tables_[table].name);
  const std::int64_t end_id = end == ends.end() || end->second > static_cast<TaskId>(no_id) ? no_id : static_cast<std::int64_t>(end->second);
  plan.bounds.push_back(end_id);
  plan.bounds.push_back(no_id);
  std::sort(plan.bounds.begin(), plan.bounds.end());
  plan.bounds.erase(std::unique(plan.bounds.begin(), plan.bounds.end()), plan.bounds.end());

  std::vector<std::uint64_t> counts(plan.bounds.size() - 1, 0);
  each_chunk([&](std::size_t, const std::vector<std::int64_t>& ids) {
    std::size_t w = 0;
    for (const std::int64_t id : ids) {
      if (id < plan.bounds[w] || id >= plan.bounds[w + 1])
        w = static_cast<std::size_t>(std::upper_bound(plan.bounds.begin(), plan.bounds.end(), id) - plan.bounds.begin()) - 1;
      ++counts[w];
    }
  });
  plan.offsets.assign(plan.bounds.size(), 0);
  for (const std::string& part : ranks_.all_gather(bytes_of(counts))) {
    const auto c = values_of<std::uint64_t>(part);
    for (std::size_t w = 0; w < c.size(); ++w) plan.offsets[w + 1] += c[w];
  }
  std::partial_sum(plan.offsets.begin(), plan.offsets.end(), plan.offsets.begin());
  for (std::size_t w = 0; w < plan.bounds.size(); ++w)
    if (plan.bounds[w] <= end_id) plan.main_rows = plan.offsets[w];
  return plan;
}

Merge::Failures Merge::failures() const {
  const auto locked = hdf5::lock();
  std::vector<Failure> all;
  for (const SegmentFile& f : inputs_) {
    const bool merged = f.layout == Layout::plain;
    if (f.failures == 0 && !merged) continue;
    const hdf5::Handle file = hdf5::open_file(directory_ + "/" + f.name);
    for (Failure& x : read_failures(file)) all.push_back(std::move(x));
    if (merged)
      for (Failure& x : read_failures(file, surplus_failures)) all.push_back(std::move(x));
    trim(all, true);
  }
  std::sort(all.begin(), all.end(), [](const Failure& a, const Failure& b) { return a.id < b.id; });
  const auto beyond = std::find_if(all.begin(), all.end(), [this](const Failure& f) { return f.id >= end_of_failures_; });
  Failures failures;
  failures.surplus.assign(std::make_move_iterator(beyond), std::make_move_iterator(all.end()));
  all.erase(beyond, all.end());
  failures.main = std::move(all);
  return failures;
}

void Merge::write_window(const Inputs& inputs, std::size_t table, std::size_t window, const PartAccess& main, const PartAccess* surplus) const {
  const Plan& plan = plans_[table];
  const TableShape shape(tables_[table]);
  const std::int64_t low = plan.bounds[window], high = plan.bounds[window + 1];
  const std::size_t rows = plan.offsets[window + 1] - plan.offsets[window];
  if (rows == 0) return;
  std::vector<Row> order;
  order.reserve(rows);
  std::vector<std::uint32_t> used;  // chunks
  std::vector<std::int64_t> ids;
  for (std::size_t c = 0; c < plan.chunks.size(); ++c) {
    const Chunk& chunk = plan.chunks[c];
    if (chunk.highest < low || chunk.lowest >= high) continue;
    ids.resize(chunk.count);
    inputs.part(chunk).read_ids(chunk.first, chunk.count, ids.data());
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] >= low && ids[i] < high) order.push_back({ids[i], static_cast<std::uint32_t>(used.size()), static_cast<std::uint32_t>(i)});
    used.push_back(static_cast<std::uint32_t>(c));
  }
  ENSURE(order.size() == rows);
  const auto before = [](const Row& a, const Row& b) { return std::tie(a.id, a.chunk, a.at) < std::tie(b.id, b.chunk, b.at); };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);

  // Positions by chunk, so that each chunk is read once and its rows go to their places.
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> targets(used.size());
  for (std::size_t i = 0; i < rows; ++i) targets[order[i].chunk].emplace_back(order[i].at, static_cast<std::uint32_t>(i));
  const Columns out(shape, rows, host_size_);
  const Columns in(shape, chunk_rows, host_size_);
  std::vector<std::uint32_t> position;
  for (std::size_t u = 0; u < used.size(); ++u) {
    if (targets[u].empty()) continue;
    const auto [lowest, highest] = std::minmax_element(targets[u].begin(), targets[u].end());
    const std::uint32_t from = lowest->first, count = highest->first - from + 1;
    position.assign(count, none);
    for (const auto& [at, to] : targets[u]) position[at - from] = to;
    const Chunk& chunk = plan.chunks[used[u]];
    inputs.part(chunk).read(chunk.first + from, count, in.view);
    scatter(shape, in.view, position, out.view);
  }
  const std::uint64_t first = plan.offsets[window];
  if (first < plan.main_rows) main.write(first, rows, out.view, 0, false);
  else surplus->write(first - plan.main_rows, rows, out.view, 0, false);
}

void Merge::write(const std::string& path, Layout layout) const {
  hdf5::Handle file = open_by_all(path, ranks_);
  together(ranks_, [&] {
    const auto locked = hdf5::lock();
    std::exception_ptr error;
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      const Part *main = nullptr, *surplus = nullptr;
      for (const Part& p : parts_)
        if (p.table == t) (p.group == tables_[t].name ? main : surplus) = &p;
      // Opening is collective.
      const PartAccess main_access(file, tables_[t], *main, layout);
      std::optional<PartAccess> surplus_access;
      if (surplus) surplus_access.emplace(file, tables_[t], *surplus, layout);
      try {
        if (error) continue;
        const Inputs inputs(*this, t);
        const std::size_t windows = plans_[t].bounds.size() - 1;
        const auto num_ranks = static_cast<std::size_t>(ranks_.size()), rank = static_cast<std::size_t>(ranks_.rank());
        for (std::size_t w = windows * rank / num_ranks; w < windows * (rank + 1) / num_ranks; ++w)
          write_window(inputs, t, w, main_access, surplus_access ? &*surplus_access : nullptr);
      } catch (...) {
        error = std::current_exception();
      }
    }
    hdf5::close_file(file, path);
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace umbra
