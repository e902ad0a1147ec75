#include "io/store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/checkpoint.h"
#include "io/file.h"
#include "io/store_impl.h"
#include "io/together.h"
#include "jobs/host_name.h"
#include "src/base/text.h"

namespace umbra {
namespace {

enum class Command : std::uint8_t { drain, merge };

}  // namespace

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

void rename_to_result(const std::string& from, const std::string& to) {
  try {
    rename_file(from, to);
  } catch (const FileError& e) {
    if (!exists(from)) throw std::runtime_error(e.what());
    throw;
  }
}

void drop(const std::string& aside, const std::string& final_name, const Trouble& trouble) {
  ::unlink(aside.c_str());
  if (trouble.kind == Trouble::Kind::no_space) ::unlink(final_name.c_str());
}

Store::Impl::Impl(std::string directory, std::vector<Table> all_tables, const Communicator& communicator, StoreOptions store_options)
    : path(std::move(directory)), tables(std::move(all_tables)), ranks(communicator), options(std::move(store_options)), host(host_name()), own(tables), recovered(tables) {}

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
    ranks.free();
    if (t.trouble.kind == Trouble::Kind::no_space) throw FileError(t.trouble.message, ENOSPC);
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

std::vector<std::byte> Store::drain(std::uint64_t generation, const std::vector<std::uint64_t>& counts, std::string state, const std::optional<Claims>& claims) {
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
  std::vector<std::uint64_t> rows;
  if (claims)
    for (const Table& t : impl_->tables) rows.push_back(rows_claimed(t, *claims));
  w.put_all(std::span(std::as_const(rows)));
  return bytes;
}

void Store::check_rows(const Claims& claims) const {
  const StoreReport now = report();
  for (const Table& t : impl_->tables) {
    const std::uint64_t rows = now.rows.at(t.name), claimed = rows_claimed(t, claims);
    VALIDATE(rows == claimed, "{}/results.h5 has {} rows in table '{}' where its campaign has made {} (going on would leave some out); restore the directory from a copy, or start anew in another one",
             impl_->path, rows, t.name, claimed);
  }
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
