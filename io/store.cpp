#include "io/store.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <mutex>

#include "io/bytes.h"
#include "io/checkpoint.h"
#include "io/file.h"
#include "io/listing.h"
#include "io/merge.h"
#include "io/row_keeper.h"
#include "io/together.h"
#include "src/base/text.h"

namespace umbra {
namespace {

constexpr std::uint64_t long_run = 256 << 10;  ///< bytes

enum class Command : std::uint8_t { drain, merge };

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string host_name() {
  char text[256] = "";
  ::gethostname(text, sizeof text - 1);
  return text;
}

std::vector<std::byte> encode(const std::vector<SegmentFile>& files) {
  std::vector<std::byte> bytes;
  ByteWriter w(bytes);
  w.put(std::uint64_t{files.size()});
  for (const SegmentFile& f : files) {
    w.put_text(f.name);
    for (const std::uint64_t v : {f.bytes, static_cast<std::uint64_t>(f.level), static_cast<std::uint64_t>(f.layout), f.failures, f.host_size, std::uint64_t{f.parts.size()}}) w.put(v);
    for (const Part& p : f.parts) {
      w.put(std::uint64_t{p.table});
      w.put_text(p.group);
      w.put(p.rows);
    }
  }
  return bytes;
}

std::vector<SegmentFile> decode_files(ByteReader& r) {
  std::vector<SegmentFile> files(r.get<std::uint64_t>());
  for (SegmentFile& f : files) {
    f.name = r.get_text();
    f.bytes = r.get<std::uint64_t>();
    f.level = r.get<std::int64_t>();
    f.layout = r.get<Layout>();
    f.failures = r.get<std::uint64_t>();
    f.host_size = r.get<std::uint64_t>();
    f.parts.resize(r.get<std::uint64_t>());
    for (Part& p : f.parts) {
      p.table = r.get<std::uint64_t>();
      p.group = r.get_text();
      p.rows = r.get<std::uint64_t>();
    }
  }
  return files;
}

/// Renames; where that happened but is not known to be on disk, going on could mix generations: no FileError then.
void commit(const std::string& from, const std::string& to) {
  try {
    rename_file(from, to);
  } catch (const FileError& e) {
    if (!exists(from)) throw std::runtime_error(e.what());
    throw;
  }
}

/// Makes room again. After trouble other than a full disk results.h5 may name the final file: the next start will know.
void drop(const std::string& aside, const std::string& final_name, const Trouble& trouble) {
  ::unlink(aside.c_str());
  if (trouble.kind == Trouble::Kind::no_space) ::unlink(final_name.c_str());
}

}  // namespace

struct Store::Impl : RowSink {
  Impl(std::string directory, std::vector<Table> all_tables, const Communicator& communicator, StoreOptions store_options)
      : path(std::move(directory)), tables(std::move(all_tables)), ranks(communicator), options(std::move(store_options)), host(host_name()), own(tables), recovered(tables) {}

  void keep(const Outcome& outcome) override { own.keep(outcome, host); }

  void open();
  void open_on_root();
  void drain(ByteReader& command);
  void merge(ByteReader& command);
  std::vector<char> host_text(const RowKeeper::Slice& slice, const std::vector<std::string>& hosts, std::size_t size) const;
  void write_rows(const SegmentFile& segment, const std::string& file, const std::vector<RowKeeper::Batch>& batches, const std::vector<std::vector<std::uint64_t>>& counts);
  std::vector<std::byte> pack(const SegmentFile& segment, const std::vector<RowKeeper::Batch>& batches) const;
  void make_segment(const SegmentFile& segment, const std::string& file, std::uint64_t estimate, const std::vector<Failure>* failures);
  void write_packed(const SegmentFile& segment, const std::string& file, std::uint64_t estimate, const std::vector<std::vector<std::byte>>& packed);
  void show(std::uint64_t new_generation, const std::vector<SegmentFile>& new_files, const std::string* state);
  std::uint64_t make_result(const std::string& file, const Merge& m, std::uint64_t estimate);
  void compact();
  bool compact_once();
  void make_file(const std::string& file, std::uint64_t estimate, const std::function<void(const hdf5::Handle&)>& fill);
  void sync_everywhere(const Communicator& writers, const std::string& file);
  void by_few_or_all(const std::vector<SegmentFile>& inputs, const std::function<void(const Communicator& writers)>& rewrite);
  void update_report();

  std::string in(const std::string& name) const { return path + "/" + name; }
  bool root() const { return ranks.rank() == 0; }

  const std::string path;
  const std::vector<Table> tables;
  Communicator ranks;
  StoreOptions options;
  const std::string host;
  bool syncs = true;  ///< the first rank of its host
  RowKeeper own;
  RowKeeper recovered;  ///< rank 0

  // The same on all ranks, changed by execute() only.
  std::uint64_t generation = 0;
  bool merged = false;
  std::vector<SegmentFile> files;
  bool broken = false;

  // Rank 0.
  std::vector<std::string> superseded;
  mutable std::mutex mutex;  ///< of what follows
  Attributes attributes;
  std::map<std::uint64_t, std::string> states;
  std::vector<Group> groups;
  StoreReport report;
};

void Store::Impl::open_on_root() {
  make_directory(path);
  const bool results = exists(in("results.h5"));
  VALIDATE(results || !exists(in("checkpoint")), "{} has a checkpoint but no results.h5 (its rows would be lost); restore results.h5, or start anew in another directory", path);
  Listing listing;
  if (results) {
    listing = read_listing(path);
    check_sources(path, listing);
    std::vector<std::size_t> ours;
    for (const Table& old : listing.tables) {
      const auto at = std::find_if(tables.begin(), tables.end(), [&](const Table& t) { return t.name == old.name; });
      VALIDATE(at != tables.end(), "{}/results.h5 has a table '{}' that this job does not make (it is of another job); choose another output directory", path, old.name);
      const auto names = [](const Table& t) {
        std::vector<std::string> n;
        for (const Column& c : t.columns) n.push_back(c.name);
        return n;
      };
      VALIDATE(names(old) == names(*at) && old.source == at->source && old.kind == at->kind,
               "{}/results.h5 has other columns in table '{}' than this job (it is of another job): there {}, here {}; choose another output directory", path, old.name,
               join(names(old)), join(names(*at)));
      ours.push_back(static_cast<std::size_t>(at - tables.begin()));
    }
    for (SegmentFile& f : listing.files)
      for (Part& p : f.parts) p.table = ours[p.table];
  }
  // What a kill or an earlier session left behind.
  for (const std::string& name : list_directory(in("segments"))) {
    const bool named = std::any_of(listing.files.begin(), listing.files.end(), [&](const SegmentFile& f) { return f.name == "segments/" + name; });
    if (!named) remove_file(in("segments/" + name));
  }
  for (const std::string name : {"results.h5.tmp", "results.h5.merge"}) remove_file(in(name));
  tidy_checkpoint(path, listing.generation);
  generation = listing.generation;
  merged = listing.merged;
  files = listing.files;
}

void Store::Impl::open() {
  ranks = ranks.duplicate();
  attributes = options.attributes;
  try {
    on_root(ranks, [&] { open_on_root(); });
  } catch (const SharedTrouble& t) {
    throw UserError(t.trouble.message);
  }
  std::vector<std::byte> bytes;
  if (root()) {
    ByteWriter w(bytes);
    w.put(generation);
    w.put(merged);
    const auto list = encode(files);
    bytes.insert(bytes.end(), list.begin(), list.end());
  }
  ranks.broadcast(bytes);
  ByteReader r(bytes);
  generation = r.get<std::uint64_t>();
  merged = r.get<bool>();
  files = decode_files(r);
  const auto hosts = ranks.all_gather(host);
  for (int other = 0; other < ranks.rank(); ++other) syncs = syncs && hosts[static_cast<std::size_t>(other)] != host;
  update_report();
}

void Store::Impl::update_report() {
  const std::scoped_lock lock(mutex);
  report.generation = generation;
  report.merged = merged;
  report.segments = static_cast<int>(files.size());
  report.rows.clear();
  for (const Table& t : tables) report.rows[t.name] = 0;
  for (const SegmentFile& f : files)
    for (const Part& p : f.parts) report.rows[tables[p.table].name] += p.rows;
}

/// Rank 0: a file with all its datasets, and disk space for them, so that HDF5's writes cannot fail for want of it.
void Store::Impl::make_file(const std::string& file, std::uint64_t estimate, const std::function<void(const hdf5::Handle&)>& fill) {
  const auto with_room = [&](const std::function<void()>& reserve) {
    try {
      reserve();
    } catch (const FileError& e) {
      if (!e.no_space() || superseded.empty()) throw;
      for (const std::string& name : std::exchange(superseded, {})) remove_file(in(name));
      reserve();
    }
  };
  with_room([&] { check_space(path, estimate + (std::uint64_t{1} << 20)); });
  {
    const auto locked = hdf5::lock();
    hdf5::Handle h = hdf5::create_file(file);
    fill(h);
    hdf5::close_file(h, file);
  }
  with_room([&] {
    File f(file, File::Mode::update);
    f.reserve(file_size(file));
    f.close();
  });
}

/// Rewrites files of rows by all ranks together, or by rank 0 alone where there is little to do.
void Store::Impl::by_few_or_all(const std::vector<SegmentFile>& inputs, const std::function<void(const Communicator& writers)>& rewrite) {
  std::uint64_t bytes = 0;
  for (const SegmentFile& f : inputs) bytes += f.bytes;
  if (ranks.size() > 1 && bytes < 8 * options.small_segment_bytes) on_root(ranks, [&] { rewrite(Communicator::self()); });
  else rewrite(ranks);
}

void Store::Impl::sync_everywhere(const Communicator& writers, const std::string& file) {
  together(writers, [&] {
    if (!syncs) return;
    File f(file, File::Mode::update);
    f.sync();
    f.close();
  });
}

/// Host names of rows, [slice.count x size] characters.
std::vector<char> Store::Impl::host_text(const RowKeeper::Slice& slice, const std::vector<std::string>& hosts, std::size_t size) const {
  std::vector<char> text(slice.count * size, '\0');
  if (hosts.empty()) return text;
  for (std::size_t i = 0; i < slice.count; ++i) {
    const std::string& name = hosts[slice.block->host.empty() ? 0 : slice.block->host[slice.from + i]];
    std::copy_n(name.data(), std::min(name.size(), size), text.data() + i * size);
  }
  return text;
}

void Store::Impl::write_rows(const SegmentFile& segment, const std::string& file, const std::vector<RowKeeper::Batch>& batches, const std::vector<std::vector<std::uint64_t>>& counts) {
  // Short runs of bytes are gathered by MPI-IO before they go to disk; long ones go faster without.
  const auto collective = [&](std::uint64_t rows) { return ranks.size() > 1 && rows * 8 / static_cast<std::uint64_t>(ranks.size()) < long_run; };
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const std::vector<std::vector<std::string>> hosts = {own.hosts(), recovered.hosts()};
  hdf5::Handle h = open_by_all(file, ranks);
  together(ranks, [&] {
    const auto locked = hdf5::lock();
    std::exception_ptr error;
    const auto attempt = [&](const auto& act) {
      try {
        act();
      } catch (...) {
        error = std::current_exception();
      }
    };
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const auto part = std::find_if(segment.parts.begin(), segment.parts.end(), [&](const Part& p) { return p.table == t; });
      if (part == segment.parts.end()) continue;
      const PartAccess access(h, tables[t], *part, Layout::matrix);
      const bool together_written = collective(part->rows);
      std::uint64_t first = 0, rounds = 0;
      for (std::size_t r = 0; r < counts.size(); ++r) {
        if (r < rank) first += counts[r][2 * t];
        rounds = std::max(rounds, counts[r][2 * t + 1]);
      }
      std::uint64_t round = 0;
      for (std::size_t b = 0; b < batches.size(); ++b) {
        for (const RowKeeper::Slice& s : batches[b].slices[t]) {
          std::vector<char> text = host_text(s, hosts[b], segment.host_size);
          const ColumnsView view{s.block->integers.get() + s.from, s.block->numbers.get() + s.from, text.data(), s.block->capacity, segment.host_size};
          attempt([&] { access.write(first, s.count, view, 0, together_written); });
          first += s.count;
          ++round;
        }
      }
      for (; together_written && round < rounds; ++round) attempt([&] { access.write(0, 0, {.stride = 1, .host_size = segment.host_size}, 0, true); });
    }
    if (segment.failures > 0) {
      std::uint64_t first = 0;
      for (std::size_t r = 0; r < rank; ++r) first += counts[r][2 * tables.size()];
      std::vector<std::int64_t> ids, statuses;
      std::vector<char> messages;
      for (const RowKeeper::Batch& b : batches) {
        for (const Failure& f : b.failures) {
          ids.push_back(f.id);
          statuses.push_back(f.status);
          messages.resize(messages.size() + failure_message_size);
          std::copy_n(f.message.data(), std::min(f.message.size(), failure_message_size), messages.end() - static_cast<std::ptrdiff_t>(failure_message_size));
        }
      }
      const hdf5::Window window{.first = first, .count = ids.size(), .stride = ids.size()};
      const hdf5::Handle group = hdf5::open_group(h, "failures");
      const hdf5::Handle d[] = {hdf5::open_dataset(group, "id"), hdf5::open_dataset(group, "status"), hdf5::open_dataset(group, "message")};
      attempt([&] { hdf5::write(d[0], H5T_NATIVE_INT64, window, ids.data(), ranks.size() > 1); });
      attempt([&] { hdf5::write(d[1], H5T_NATIVE_INT64, window, statuses.data(), ranks.size() > 1); });
      attempt([&] { hdf5::write(d[2], hdf5::text_type(failure_message_size).get(), window, messages.data(), ranks.size() > 1); });
    }
    attempt([&] { hdf5::close_file(h, file); });
    if (error) std::rethrow_exception(error);
  });
}

/// What this rank has for a small segment.
std::vector<std::byte> Store::Impl::pack(const SegmentFile& segment, const std::vector<RowKeeper::Batch>& batches) const {
  const std::vector<std::vector<std::string>> hosts = {own.hosts(), recovered.hosts()};
  std::vector<std::byte> bytes;
  ByteWriter w(bytes);
  for (const Part& p : segment.parts) {
    const TableShape shape(tables[p.table]);
    std::uint64_t slices = 0;
    for (const RowKeeper::Batch& b : batches) slices += b.slices[p.table].size();
    w.put(slices);
    for (std::size_t b = 0; b < batches.size(); ++b) {
      for (const RowKeeper::Slice& s : batches[b].slices[p.table]) {
        w.put(std::uint64_t{s.count});
        for (std::size_t c = 0; c < shape.integers; ++c) w.put_all(std::span<const std::int64_t>(s.block->integers.get() + c * s.block->capacity + s.from, s.count));
        for (std::size_t c = 0; c < shape.numbers; ++c) w.put_all(std::span<const double>(s.block->numbers.get() + c * s.block->capacity + s.from, s.count));
        if (shape.has_host) w.put_all(std::span<const char>(host_text(s, hosts[b], segment.host_size)));
      }
    }
  }
  std::uint64_t failures = 0;
  for (const RowKeeper::Batch& b : batches) failures += b.failures.size();
  w.put(failures);
  for (const RowKeeper::Batch& b : batches) {
    for (const Failure& f : b.failures) {
      w.put(f.id);
      w.put(f.status);
      w.put_text(f.message);
    }
  }
  return bytes;
}

/// Rank 0: the datasets of a segment; the failures' content too, where given.
void Store::Impl::make_segment(const SegmentFile& segment, const std::string& file, std::uint64_t estimate, const std::vector<Failure>* failures) {
  make_file(file, estimate, [&](const hdf5::Handle& h) {
    for (const Part& p : segment.parts) make_part(h, tables[p.table], p, Layout::matrix, segment.host_size);
    if (segment.failures == 0) return;
    if (failures) return write_failures(h, *failures);
    const hdf5::Handle group = hdf5::make_group(h, "failures");
    for (const char* name : {"id", "status"}) hdf5::make_dataset(group, name, H5T_NATIVE_INT64, {segment.failures});
    hdf5::make_dataset(group, "message", hdf5::text_type(failure_message_size).get(), {segment.failures});
  });
}

/// Rank 0 writes what all ranks packed: for a small segment that costs far less than opening a file together.
void Store::Impl::write_packed(const SegmentFile& segment, const std::string& file, std::uint64_t estimate, const std::vector<std::vector<std::byte>>& packed) {
  struct Piece {
    std::uint64_t count;
    std::vector<std::int64_t> integers;
    std::vector<double> numbers;
    std::vector<char> hosts;
  };
  std::vector<std::vector<Piece>> pieces(segment.parts.size());
  std::vector<Failure> failures;
  for (const auto& bytes : packed) {
    ByteReader r(bytes);
    for (std::size_t p = 0; p < segment.parts.size(); ++p) {
      const TableShape shape(tables[segment.parts[p].table]);
      for (auto slices = r.get<std::uint64_t>(); slices > 0; --slices) {
        Piece piece{r.get<std::uint64_t>(), {}, {}, {}};
        const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
        for (std::size_t c = 0; c < shape.integers; ++c) append(piece.integers, r.get_all<std::int64_t>());
        for (std::size_t c = 0; c < shape.numbers; ++c) append(piece.numbers, r.get_all<double>());
        if (shape.has_host) piece.hosts = r.get_all<char>();
        pieces[p].push_back(std::move(piece));
      }
    }
    for (auto n = r.get<std::uint64_t>(); n > 0; --n) {
      const auto id = r.get<std::int64_t>(), status = r.get<std::int64_t>();
      failures.push_back({id, status, r.get_text()});
    }
  }
  make_segment(segment, file, estimate, &failures);
  {
    const auto locked = hdf5::lock();
    hdf5::Handle h = hdf5::open_shared(file, Communicator::self());
    for (std::size_t p = 0; p < segment.parts.size(); ++p) {
      const PartAccess access(h, tables[segment.parts[p].table], segment.parts[p], Layout::matrix);
      std::uint64_t first = 0;
      for (Piece& piece : pieces[p]) {
        access.write(first, piece.count, {piece.integers.data(), piece.numbers.data(), piece.hosts.data(), piece.count, segment.host_size}, 0, false);
        first += piece.count;
      }
    }
    hdf5::close_file(h, file);
  }
  File f(file, File::Mode::update);
  f.sync();
  f.close();
}

/// Rank 0: results.h5 shows these files from now on. With a state: the commit of a drain.
void Store::Impl::show(std::uint64_t new_generation, const std::vector<SegmentFile>& new_files, const std::string* state) {
  const double start = seconds();
  Listing listing{new_generation, false, new_files, tables, {}};
  {
    const std::scoped_lock lock(mutex);
    listing.attributes = attributes;
  }
  if (state) {
    promote_checkpoint(path);  // where that failed after the last commit
    write_next_checkpoint(path, new_generation, *state);
  }
  std::vector<std::byte> bytes;
  {
    const auto locked = hdf5::lock();
    bytes = running_result(listing);
  }
  File f(in("results.h5.tmp"), File::Mode::create);
  f.write(bytes);
  f.sync();
  f.close();
  commit(in("results.h5.tmp"), in("results.h5"));
  const std::scoped_lock lock(mutex);
  report.refresh_s = seconds() - start;
}

void Store::Impl::drain(ByteReader& command) {
  const double start = seconds();
  const auto new_generation = command.get<std::uint64_t>();
  const auto num_recovered = command.get<std::uint64_t>();
  const auto collected = command.get_all<std::uint64_t>();
  const auto rank = static_cast<std::size_t>(ranks.rank());
  std::vector<RowKeeper::Batch> batches;
  together(ranks, [&] {
    EXPECT(new_generation > generation && collected.size() == static_cast<std::size_t>(ranks.size()));
    batches.push_back(own.first(collected[rank]));
    if (root()) batches.push_back(recovered.first(num_recovered));
  });

  // Per rank: rows and slices of each table, failures, longest host name.
  std::vector<std::uint64_t> mine(2 * tables.size() + 2, 0);
  for (const RowKeeper::Batch& b : batches) {
    for (std::size_t t = 0; t < tables.size(); ++t) {
      for (const RowKeeper::Slice& s : b.slices[t]) mine[2 * t] += s.count;
      mine[2 * t + 1] += b.slices[t].size();
    }
    mine[2 * tables.size()] += b.failures.size();
  }
  for (const RowKeeper* k : {&own, &recovered})
    for (const std::string& name : k->hosts()) mine.back() = std::max<std::uint64_t>(mine.back(), name.size());
  std::vector<std::vector<std::uint64_t>> counts;
  for (const std::string& part : ranks.all_gather(std::string(reinterpret_cast<const char*>(mine.data()), mine.size() * 8))) {
    counts.emplace_back(mine.size());
    std::memcpy(counts.back().data(), part.data(), part.size());
  }

  SegmentFile segment{.name = "segments/" + std::to_string(new_generation) + ".h5", .bytes = 0, .level = 0, .layout = Layout::matrix, .parts = {}, .failures = 0};
  std::uint64_t longest = 1, estimate = 0;
  for (const auto& c : counts) {
    segment.failures += c[2 * tables.size()];
    longest = std::max(longest, c.back());
  }
  segment.host_size = (longest + 7) / 8 * 8;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    std::uint64_t rows = 0;
    for (const auto& c : counts) rows += c[2 * t];
    if (rows > 0) segment.parts.push_back({t, tables[t].name, rows});
    estimate += rows * TableShape(tables[t]).row_bytes(segment.host_size);
  }
  estimate += segment.failures * (failure_message_size + 16);

  std::vector<SegmentFile> new_files = files;
  const std::string final_name = in(segment.name), aside = final_name + ".tmp";
  try {
    if (merged && !files.empty()) {
      // The merged result becomes a segment: a second name for it, before results.h5 is replaced.
      new_files[0].name = "segments/merged-" + std::to_string(generation) + ".h5";
      new_files[0].level = 3;
    }
    const bool small = ranks.size() > 1 && estimate < options.small_segment_bytes;
    std::vector<std::vector<std::byte>> packed;
    if (small && !segment.parts.empty()) packed = gather_on_root(ranks, pack(segment, batches));
    on_root(ranks, [&] {
      make_directory(in("segments"));
      if (merged && !files.empty()) link_file(in("results.h5"), in(new_files[0].name));
      if (segment.parts.empty()) return;
      if (small) write_packed(segment, aside, estimate, packed);
      else make_segment(segment, aside, estimate, nullptr);
    });
    if (!segment.parts.empty() && !small) {
      write_rows(segment, aside, batches, counts);
      sync_everywhere(ranks, aside);
    }
    std::vector<std::byte> size(8);
    on_root(ranks, [&] {
      if (!segment.parts.empty()) {
        rename_file(aside, final_name);
        segment.bytes = file_size(final_name);
        new_files.push_back(segment);
      }
      std::string state;
      {
        const std::scoped_lock lock(mutex);
        state = states[new_generation];
      }
      show(new_generation, new_files, &state);
    });
    std::memcpy(size.data(), &segment.bytes, 8);
    ranks.broadcast(size);
    std::memcpy(&segment.bytes, size.data(), 8);
    if (!root() && !segment.parts.empty()) new_files.push_back(segment);
  } catch (const SharedTrouble& t) {
    if (root()) {
      drop(aside, final_name, t.trouble);
      const std::scoped_lock lock(mutex);
      states.erase(new_generation);
    }
    throw;
  }

  generation = new_generation;
  merged = false;
  files = std::move(new_files);
  std::vector<std::byte> last(8);
  std::int64_t last_failure = std::numeric_limits<std::int64_t>::max();
  std::uint64_t failures = 0;
  for (const SegmentFile& f : files) failures += f.failures;
  if (failures > max_failures && segment.failures > 0) {
    on_root(ranks, [&] {
      const auto locked = hdf5::lock();
      std::vector<std::int64_t> ids;
      for (const SegmentFile& f : files)
        if (f.failures > 0)
          for (const std::int64_t id : hdf5::read_integers(hdf5::open_group(hdf5::open_file(in(f.name)), "failures"), "id")) ids.push_back(id);
      const auto cut = ids.begin() + static_cast<std::ptrdiff_t>(max_failures);
      std::nth_element(ids.begin(), cut, ids.end());
      last_failure = *cut;
    });
    std::memcpy(last.data(), &last_failure, 8);
    ranks.broadcast(last);
    std::memcpy(&last_failure, last.data(), 8);
  }
  batches.clear();
  own.release(collected[rank], last_failure);
  if (root()) {
    recovered.release(num_recovered, last_failure);
    {
      const std::scoped_lock lock(mutex);
      states.erase(states.begin(), states.upper_bound(new_generation));
    }
    try {
      promote_checkpoint(path);
    } catch (const FileError&) {
      // The next start knows what to do with it, and the next drain tries again.
    }
    if (options.committed) options.committed(new_generation);
  }
  update_report();
  compact();
  const std::scoped_lock lock(mutex);
  report.drain_s = seconds() - start;
}

void Store::Impl::compact() {
  try {
    while (compact_once()) update_report();
  } catch (const SharedTrouble& t) {
    // Without space the segments stay as they are; there are a few more of them until there is some.
    if (t.trouble.kind != Trouble::Kind::no_space) throw;
  }
}

bool Store::Impl::compact_once() {
  std::map<std::int64_t, int> tiers;
  for (const SegmentFile& f : files) ++tiers[f.level];
  std::int64_t level = -1;
  for (const auto& [l, n] : tiers)
    if (level < 0 && n >= options.fan_in) level = l;
  if (level < 0 && static_cast<int>(files.size()) >= options.max_segments)
    level = std::max_element(tiers.begin(), tiers.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
  if (level < 0 || tiers[level] < 2) return false;

  std::vector<SegmentFile> inputs, new_files;
  for (const SegmentFile& f : files) (f.level == level ? inputs : new_files).push_back(f);
  SegmentFile output{.name = "segments/" + std::to_string(generation) + "-" + std::to_string(level + 1) + ".h5", .bytes = 0, .level = level + 1, .layout = Layout::matrix, .parts = {}, .failures = 0};
  const std::string final_name = in(output.name), aside = final_name + ".tmp";
  std::vector<std::byte> bytes;
  try {
    by_few_or_all(inputs, [&](const Communicator& writers) {
      const Merge merge(path, tables, inputs, {}, options.block_bytes, writers);
      output.host_size = merge.host_size();
      std::uint64_t estimate = 0;
      for (const Part& p : merge.parts()) {
        estimate += p.rows * TableShape(tables[p.table]).row_bytes(output.host_size);
        if (p.rows > 0) output.parts.push_back(p);
      }
      on_root(writers, [&] {
        const auto failures = merge.failures();
        output.failures = failures.size();
        make_file(aside, estimate + failures.size() * (failure_message_size + 16), [&](const hdf5::Handle& h) {
          for (const Part& p : merge.parts()) make_part(h, tables[p.table], p, Layout::matrix, output.host_size);
          write_failures(h, failures);
        });
      });
      merge.write(aside, Layout::matrix);
      sync_everywhere(writers, aside);
      on_root(writers, [&] {
        rename_file(aside, final_name);
        output.bytes = file_size(final_name);
        new_files.push_back(output);
        show(generation, new_files, nullptr);
        for (const SegmentFile& f : inputs) superseded.push_back(f.name);
        bytes = encode(new_files);
      });
    });
  } catch (const SharedTrouble& t) {
    if (root()) drop(aside, final_name, t.trouble);
    throw;
  }
  ranks.broadcast(bytes);
  ByteReader r(bytes);
  files = decode_files(r);
  return true;
}

/// Rank 0: a merged result with all but its rows. Returns how many failures it shows.
std::uint64_t Store::Impl::make_result(const std::string& file, const Merge& m, std::uint64_t estimate) {
  Listing listing{generation, true, {}, tables, {}};
  std::vector<Group> extra;
  {
    const std::scoped_lock lock(mutex);
    listing.attributes = attributes;
    extra = groups;
  }
  const auto failures = m.failures();
  for (const Group& g : extra)
    for (const Series& s : g.series) estimate += 8 * std::visit([](const auto& v) { return v.size(); }, s.values);
  make_file(file, estimate + failures.size() * (failure_message_size + 16), [&](const hdf5::Handle& h) {
    describe_root(h, listing);
    for (const Part& p : m.parts()) make_part(h, tables[p.table], p, Layout::plain, m.host_size());
    write_failures(h, failures);
    for (const Group& g : extra) {
      const hdf5::Handle group = hdf5::make_group(h, g.path);
      hdf5::set_attributes(group, g.attributes);
      for (const Series& s : g.series) hdf5::write_series(group, s);
    }
  });
  return failures.size();
}

void Store::Impl::merge(ByteReader& command) {
  std::map<std::string, TaskId> ends;
  for (auto n = command.get<std::uint64_t>(); n > 0; --n) {
    const std::string name = command.get_text();
    ends[name] = command.get<TaskId>();
  }
  SegmentFile self{.name = "results.h5", .bytes = 0, .level = 0, .layout = Layout::plain, .parts = {}, .failures = 0};
  const std::string aside = in("results.h5.merge");
  std::vector<std::byte> bytes;
  try {
    by_few_or_all(files, [&](const Communicator& writers) {
      const Merge m(path, tables, files, ends, options.block_bytes, writers);
      self.host_size = m.host_size();
      self.parts = m.parts();
      std::uint64_t estimate = 0;
      for (const Part& p : m.parts()) estimate += p.rows * TableShape(tables[p.table]).row_bytes(self.host_size);
      on_root(writers, [&] { self.failures = make_result(aside, m, estimate); });
      m.write(aside, Layout::plain);
      sync_everywhere(writers, aside);
      on_root(writers, [&] {
        self.bytes = file_size(aside);
        commit(aside, in("results.h5"));
        for (const SegmentFile& f : files)
          if (f.name != self.name) superseded.push_back(f.name);
        bytes = encode({self});
      });
    });
  } catch (const SharedTrouble&) {
    if (root()) ::unlink(aside.c_str());
    throw;
  }
  ranks.broadcast(bytes);
  ByteReader r(bytes);
  files = decode_files(r);
  merged = true;
  update_report();
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::open(const std::string& directory, std::vector<Table> tables, const Communicator& ranks, StoreOptions options) {
  EXPECT(options.fan_in >= 2 && options.max_segments >= 4 && options.block_bytes > 0);
  std::unique_ptr<Store> store(new Store(std::make_unique<Impl>(directory, std::move(tables), ranks, std::move(options))));
  store->impl_->open();
  return store;
}

RowSink& Store::sink() { return *impl_; }
std::size_t Store::buffered_bytes() const { return impl_->own.bytes() + impl_->recovered.bytes(); }
void Store::recover(const Outcome& outcome, const std::string& host) { impl_->recovered.keep(outcome, host); }

void Store::set_attributes(Attributes attributes) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->attributes = std::move(attributes);
}

std::vector<std::byte> Store::drain(std::uint64_t generation, const std::vector<std::uint64_t>& counts, std::string state) {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->states[generation] = std::move(state);
  }
  std::vector<std::byte> bytes;
  ByteWriter w(bytes);
  w.put(Command::drain);
  w.put(generation);
  w.put(impl_->recovered.kept());
  w.put_all(std::span(counts));
  return bytes;
}

std::vector<std::byte> Store::merge(const std::map<std::string, TaskId>& ends, std::vector<Group> groups) {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->groups = std::move(groups);
  }
  std::vector<std::byte> bytes;
  ByteWriter w(bytes);
  w.put(Command::merge);
  w.put(std::uint64_t{ends.size()});
  for (const auto& [name, end] : ends) {
    w.put_text(name);
    w.put(end);
  }
  return bytes;
}

StoreReport Store::report() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->report;
}

void Store::execute(const std::vector<std::byte>& command) {
  if (impl_->broken) return;
  Trouble trouble;
  try {
    ByteReader r(command);
    if (r.get<Command>() == Command::drain) impl_->drain(r);
    else impl_->merge(r);
  } catch (const SharedTrouble& t) {
    trouble = t.trouble;
    impl_->broken = trouble.kind == Trouble::Kind::broken;
  }
  const std::scoped_lock lock(impl_->mutex);
  impl_->report.trouble = trouble;
}

void Store::close() { impl_->ranks.free(); }

}  // namespace umbra
