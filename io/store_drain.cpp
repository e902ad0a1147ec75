// A drain: the segment, and its commit.

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>

#include "io/checkpoint.h"
#include "io/file.h"
#include "io/store_impl.h"
#include "io/together.h"
#include "src/base/error.h"

namespace umbra {
namespace {

constexpr std::uint64_t long_run = 256 << 10;  ///< bytes

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

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
    tidy_checkpoint(path, generation);  // after a commit that was not followed by a promotion, or a state whose commit failed
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
  rename_to_result(in("results.h5.tmp"), in("results.h5"));
  const std::scoped_lock lock(mutex);
  report.refresh_s = seconds() - start;
}

void Store::Impl::drain(ByteReader& command) {
  const double start = seconds();
  const auto new_generation = command.get<std::uint64_t>();
  const auto num_recovered = command.get<std::uint64_t>();
  const auto collected = command.get_all<std::uint64_t>();
  const auto claimed = command.get_all<std::uint64_t>();
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
    for (std::size_t t = 0; t < claimed.size(); ++t) {
      std::uint64_t rows = 0;
      for (const auto& c : counts) rows += c[2 * t];
      for (const SegmentFile& f : files)
        for (const Part& p : f.parts)
          if (p.table == t) rows += p.rows;
      if (rows != claimed[t])
        throw SharedTrouble{{Trouble::Kind::broken, fmt::format("table '{}' would have {} rows where the campaign has made {} (a fault of umbra, please report it): nothing was replaced, run the same "
                                                                "command again", tables[t].name, rows, claimed[t])}};
    }
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

}  // namespace umbra
