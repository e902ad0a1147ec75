#include "io/reader.h"

#include <algorithm>

#include "io/file.h"
#include "io/listing.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

using hdf5::Handle;

constexpr std::uint64_t block_rows = 16384;

/// "dir" of "dir/results.h5", or the directory itself.
std::string run_directory(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const bool is_file = path.size() > 3 && path.ends_with(".h5");
  return !is_file ? path : slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

struct Reader::Impl {
  explicit Impl(const std::string& path) : directory(run_directory(path)), listing(read_listing(directory)) {
    check_sources(directory, listing);
    for (const SegmentFile& f : listing.files)
      for (const Part& p : f.parts) group_columns[group_of(p)] = all_columns(listing.tables[p.table]);
    for (const Table& t : listing.tables) group_columns[t.name] = all_columns(t);
  }

  /// While the campaign runs the rows of an earlier surplus belong to the table like all others.
  std::string group_of(const Part& p) const { return listing.merged ? p.group : listing.tables[p.table].name; }

  const Table& table_of(const std::string& group) const {
    for (const Table& t : listing.tables)
      if (t.name == group || surplus_group(t) == group) return t;
    throw UserError(fmt::format("{} has no table '{}'", directory, group));
  }

  /// Calls each(file, segment, part, first, count, done) for the pieces of rows [first, first + count).
  template <class Each>
  std::uint64_t pieces(const std::string& group, std::uint64_t first, std::uint64_t count, Each each) const {
    std::uint64_t done = 0;
    for (const SegmentFile& f : listing.files) {
      for (const Part& p : f.parts) {
        if (group_of(p) != group) continue;
        if (first >= p.rows) {
          first -= p.rows;
          continue;
        }
        const std::uint64_t n = std::min(count - done, p.rows - first);
        if (n == 0) return done;
        const Handle file = hdf5::open_file(directory + "/" + f.name);
        each(file, f, p, first, n, done);
        done += n;
        first = 0;
      }
    }
    return done;
  }

  template <class T>
  std::vector<T> read_column(const std::string& group, const std::string& name, hid_t type, std::uint64_t first, std::uint64_t count) const {
    const auto locked = hdf5::lock();
    const Table& table = table_of(group);
    const auto columns = all_columns(table);
    const auto at = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
    std::vector<std::string> names;
    for (const Column& c : columns) names.push_back(c.name);
    VALIDATE(at != columns.end(), "table '{}' has no column '{}'{}", group, name, suggestion(name, names));
    const TableShape shape(table);
    const auto c = static_cast<std::size_t>(at - columns.begin());
    VALIDATE(!shape.has_host || c != shape.integers, "column '{}' of table '{}' is text, not numbers", name, group);
    std::vector<T> values;
    pieces(group, first, count, [&](const Handle& file, const SegmentFile& f, const Part& p, std::uint64_t from, std::uint64_t n, std::uint64_t done) {
      values.resize(done + n);
      const Handle g = hdf5::open_group(file, p.group);
      if (f.layout == Layout::plain) return hdf5::read(hdf5::open_dataset(g, name), type, {.first = from, .count = n, .stride = n}, values.data() + done);
      const bool integer = c < shape.integers;
      hdf5::read(hdf5::open_dataset(g, integer ? "integers" : "numbers"), type,
                 {.lines = 1, .first = from, .count = n, .stride = n, .line = integer ? c : c - shape.integers - shape.has_host}, values.data() + done);
    });
    return values;
  }

  std::string directory;
  Listing listing;
  std::map<std::string, std::vector<Column>> group_columns;
};

Reader::Reader(const std::string& path) {
  VALIDATE(exists(run_directory(path) + "/results.h5"), "there is no {}/results.h5; give a run directory or its results.h5", run_directory(path));
  impl_ = std::make_unique<Impl>(path);
}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;

std::uint64_t Reader::generation() const { return impl_->listing.generation; }
bool Reader::merged() const { return impl_->listing.merged; }
const Attributes& Reader::attributes() const { return impl_->listing.attributes; }

std::vector<std::string> Reader::tables() const {
  std::vector<std::string> names;
  for (const auto& [name, columns] : impl_->group_columns) names.push_back(name);
  return names;
}

bool Reader::has(const std::string& table) const { return impl_->group_columns.contains(table); }

const std::vector<Column>& Reader::columns(const std::string& table) const {
  impl_->table_of(table);
  const auto at = impl_->group_columns.find(table);
  VALIDATE(at != impl_->group_columns.end(), "{} has no table '{}'", impl_->directory, table);
  return at->second;
}

std::uint64_t Reader::rows(const std::string& table) const {
  std::uint64_t n = 0;
  for (const SegmentFile& f : impl_->listing.files)
    for (const Part& p : f.parts)
      if (impl_->group_of(p) == table) n += p.rows;
  return n;
}

std::vector<double> Reader::column(const std::string& table, const std::string& name, std::uint64_t first, std::uint64_t count) const {
  return impl_->read_column<double>(table, name, H5T_NATIVE_DOUBLE, first, count);
}

std::vector<TaskId> Reader::ids(const std::string& table, std::uint64_t first, std::uint64_t count) const {
  return impl_->read_column<TaskId>(table, "id", H5T_NATIVE_UINT64, first, count);
}

std::vector<std::string> Reader::texts(const std::string& table, const std::string& name, std::uint64_t first, std::uint64_t count) const {
  const auto locked = hdf5::lock();
  std::vector<std::string> all;
  const auto append = [&](const Handle& file, const std::string& group, std::uint64_t from, std::uint64_t n) {
    for (std::string& t : hdf5::read_texts(hdf5::open_group(file, group), name, from, n)) all.push_back(std::move(t));
  };
  if (table == "failures") {
    for (const SegmentFile& f : impl_->listing.files)
      if (f.failures > 0) append(hdf5::open_file(impl_->directory + "/" + f.name), "failures", 0, f.failures);
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(first, all.size())));
    all.resize(std::min<std::uint64_t>(count, all.size()));
    return all;
  }
  impl_->pieces(table, first, count, [&](const Handle& file, const SegmentFile&, const Part& p, std::uint64_t from, std::uint64_t n, std::uint64_t) { append(file, p.group, from, n); });
  return all;
}

Attributes Reader::attributes_of(const std::string& group) const {
  const auto locked = hdf5::lock();
  const Handle file = hdf5::open_file(impl_->directory + "/results.h5");
  return hdf5::has(file, group) ? hdf5::attributes(hdf5::open_group(file, group)) : Attributes{};
}

std::vector<double> Reader::numbers(const std::string& group, const std::string& name) const {
  const auto locked = hdf5::lock();
  const Handle file = hdf5::open_file(impl_->directory + "/results.h5");
  if (!hdf5::has(file, group + "/" + name)) return {};
  const Handle dataset = hdf5::open_dataset(file, group + "/" + name);
  std::vector<double> values(hdf5::extent(dataset).at(0));
  hdf5::read(dataset, H5T_NATIVE_DOUBLE, {.count = values.size(), .stride = values.size()}, values.data());
  return values;
}

void Reader::outcomes(const std::string& table, TaskId first, const std::function<void(Outcome&& outcome, const std::string& host)>& visit) const {
  const Table& t = impl_->table_of(table);
  EXPECT(t.source == RowSource::values);
  const TableShape shape(t);
  for (const SegmentFile& f : impl_->listing.files) {
    for (const Part& p : f.parts) {
      if (p.table != static_cast<std::size_t>(&t - impl_->listing.tables.data())) continue;
      const auto locked = hdf5::lock();
      const Handle file = hdf5::open_file(impl_->directory + "/" + f.name);
      const PartAccess access(file, t, p, f.layout);
      const std::size_t rows = std::min(p.rows, block_rows);
      std::vector<std::int64_t> integers(shape.integers * rows);
      std::vector<double> numbers(shape.numbers * rows);
      std::vector<char> hosts(rows * f.host_size);
      for (std::uint64_t from = 0; from < p.rows; from += rows) {
        const std::uint64_t n = std::min<std::uint64_t>(rows, p.rows - from);
        access.read_ids(from, n, integers.data());
        if (std::none_of(integers.begin(), integers.begin() + static_cast<std::ptrdiff_t>(n), [&](std::int64_t id) { return static_cast<TaskId>(id) >= first; })) continue;
        access.read(from, n, {integers.data(), numbers.data(), hosts.data(), rows, f.host_size});
        for (std::uint64_t i = 0; i < n; ++i) {
          if (static_cast<TaskId>(integers[i]) < first) continue;
          Outcome o;
          o.kind = t.kind;
          o.id = static_cast<TaskId>(integers[i]);
          o.status = static_cast<Status>(integers[rows + i]);
          o.phase = static_cast<std::int32_t>(integers[2 * rows + i]);
          o.rank = static_cast<std::int32_t>(integers[3 * rows + i]);
          o.start = numbers[i];
          o.duration = numbers[rows + i];
          for (std::size_t c = 2; c < shape.numbers; ++c) o.values.push_back(numbers[c * rows + i]);
          const char* h = hosts.data() + i * f.host_size;
          visit(std::move(o), std::string(h, ::strnlen(h, f.host_size)));
        }
      }
    }
  }
}

}  // namespace umbra
