#include "io/journal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "io/aside.h"
#include "io/file.h"
#include "io/journal_format.h"

namespace umbra {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto gather = 5ms;  // records that come within it share a write
constexpr auto retry = 1s;

std::string journal_path(const std::string& directory, std::uint64_t number) { return fmt::format("{}/journal/{}.log", directory, number); }

/// Numbers of the journals that are there, ascending.
std::vector<std::uint64_t> journals_in(const std::string& directory) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : list_directory(directory + "/journal")) {
    char* end = nullptr;
    const std::uint64_t n = std::strtoull(name.c_str(), &end, 10);
    if (end != name.c_str() && std::string(end) == ".log") numbers.push_back(n);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void remove_old(const std::string& directory, std::uint64_t through) {
  try {
    for (const std::uint64_t n : journals_in(directory))
      if (n <= through) remove_file(journal_path(directory, n));
  } catch (const FileError&) {
    // Nobody reads it any more; the next start tries again.
  }
}

/// Records of one journal that its file has not got.
struct Piece {
  std::uint64_t number;
  std::vector<std::byte> records;
};

/// A journal's file, and what of it is not on disk: kept, to be written again where a sync fails.
struct OpenJournal {
  OpenJournal(const std::string& directory, std::uint64_t journal_number)
      : number(journal_number), file(journal_path(directory, journal_number), File::Mode::create), unsynced(journal_format::head(journal_number)) {}

  /// What is in the file outlives this process, though not the machine.
  void write() {
    if (torn) file.truncate(synced + written);
    if (written == unsynced.size()) return;
    torn = true;
    file.write(std::span(unsynced).subspan(written));
    torn = false;
    written = unsynced.size();
  }
  void has_synced(std::size_t bytes) {
    synced += bytes;
    written -= bytes;
    unsynced.erase(unsynced.begin(), unsynced.begin() + static_cast<std::ptrdiff_t>(bytes));
  }
  void sync_failed() {
    written = 0;
    torn = true;
  }

  std::uint64_t number;
  File file;
  std::uint64_t synced = 0;         ///< bytes of the file
  std::vector<std::byte> unsynced;  ///< behind them
  std::size_t written = 0;          ///< of those, in the file
  bool torn = false;                ///< something was written behind that
};

}  // namespace

// Two threads: the writer puts records into files within milliseconds, so that they outlive this process; beside it files are synced, which may take
// seconds on a busy disk.
struct Journal::Impl {
  template <class Put>
  void record(std::size_t count, Put put) {
    const std::scoped_lock lock(mutex);
    put(pieces.back().records);
    recorded += count;
    if (std::exchange(idle, false)) wake.notify_one();
  }

  void loop();
  void wait_for_work(std::unique_lock<std::mutex>& lock, Clock::time_point retry_at);
  void put_in_files(std::uint64_t unneeded);
  void begin_sync(std::uint64_t through);
  void end_sync(std::uint64_t unneeded);
  void wait_until(const std::uint64_t& state, std::uint64_t& wanted);

  std::string directory;
  std::vector<std::string> hosts;
  std::chrono::duration<double> sync_interval{0.25};
  std::vector<std::uint64_t> earlier;  ///< journals to replay

  mutable std::mutex mutex;
  std::condition_variable wake, done;
  std::deque<Piece> pieces;  ///< never empty; the last takes records
  std::uint64_t recorded = 0, in_files = 0, on_disk = 0;
  std::uint64_t write_wanted = 0, sync_wanted = 0;  ///< somebody waits for so many records
  std::uint64_t discard_through = 0;
  bool idle = false, ending = false, sync_ended = false;
  Trouble trouble;

  // Writer thread.
  std::deque<Piece> batch;
  std::uint64_t batch_end = 0;
  std::deque<OpenJournal> open;
  struct Syncing {
    bool running = false;
    std::uint64_t records = 0, through = 0;
    std::vector<std::pair<OpenJournal*, std::size_t>> bytes;
  } syncing;
  std::uint64_t last_named = 0;  ///< the folder is synced for journals up to it
  std::uint64_t removed = 0;
  Clock::time_point last_sync = Clock::now() - 1h;
  std::optional<Aside> aside;
  std::thread writer;
};

void Journal::Impl::put_in_files(std::uint64_t unneeded) {
  if (!syncing.running) std::erase_if(open, [&](const OpenJournal& j) { return j.number <= unneeded; });
  for (; !batch.empty(); batch.pop_front()) {
    Piece& piece = batch.front();
    if (piece.number <= unneeded) continue;
    if (open.empty() || open.back().number != piece.number) open.emplace_back(directory, piece.number);
    auto& to = open.back().unsynced;
    journal_format::fill_checksums(piece.records);
    to.insert(to.end(), piece.records.begin(), piece.records.end());
  }
  for (OpenJournal& j : open)
    if (j.number > unneeded) j.write();
}

void Journal::Impl::begin_sync(std::uint64_t through) {
  syncing = {true, batch_end, through, {}};
  for (OpenJournal& j : open) syncing.bytes.emplace_back(&j, j.written);
  aside->begin([this, through, bytes = syncing.bytes, name = !open.empty() && open.back().number > last_named, remove = through > removed] {
    for (const auto& [journal, count] : bytes)
      if (count > 0) journal->file.sync();
    if (name) sync_folder(directory + "/journal");
    if (remove) remove_old(directory, through);
  });
}

void Journal::Impl::end_sync(std::uint64_t unneeded) {
  syncing.running = false;
  removed = syncing.through;
  try {
    aside->check();
  } catch (const FileError&) {
    for (const auto& [journal, count] : syncing.bytes) journal->sync_failed();
    throw;
  }
  for (const auto& [journal, count] : syncing.bytes) {
    journal->has_synced(count);
    last_named = std::max(last_named, journal->number);
  }
  while (!open.empty() && (open.front().number <= unneeded || (open.size() > 1 && open.front().unsynced.empty()))) {
    try {
      open.front().file.close();
    } catch (const FileError&) {
      // All of it is on disk.
    }
    open.pop_front();
  }
}

void Journal::Impl::wait_for_work(std::unique_lock<std::mutex>& lock, Clock::time_point retry_at) {
  if (ending) {
    if (syncing.running) wake.wait(lock, [&] { return sync_ended; });
    return;
  }
  const auto urgent = [&] { return ending || sync_ended || write_wanted > in_files || (sync_wanted > on_disk && !syncing.running); };
  if (retry_at > Clock::now()) {
    wake.wait_until(lock, retry_at, [&] { return ending; });
    return;
  }
  const bool unsynced = on_disk < batch_end || discard_through > removed;
  const auto next_sync = std::chrono::time_point_cast<Clock::duration>(last_sync + sync_interval);
  idle = true;
  const auto anything = [&] { return urgent() || recorded > batch_end || (discard_through > removed && !unsynced); };
  if (syncing.running || !unsynced) wake.wait(lock, anything);
  else wake.wait_until(lock, next_sync, anything);
  idle = false;
  if (!urgent()) wake.wait_for(lock, gather, urgent);
}

void Journal::Impl::loop() {
  auto retry_at = Clock::now();
  for (;;) {
    std::uint64_t unneeded = 0;
    bool sync_due = false, sync_over = false, last = false;
    {
      std::unique_lock lock(mutex);
      wait_for_work(lock, retry_at);
      for (Piece& p : pieces) batch.push_back(std::move(p));
      pieces.clear();
      pieces.push_back({batch.back().number, {}});
      batch_end = recorded;
      unneeded = discard_through;
      sync_over = std::exchange(sync_ended, false);
      if (sync_over) last_sync = Clock::now();
      const std::uint64_t safe = sync_over ? syncing.records : on_disk;
      last = ending;
      sync_due = (safe < batch_end || discard_through > removed) && (last || sync_wanted > safe || Clock::now() >= last_sync + sync_interval);
    }
    std::optional<Trouble> news;
    bool written = false;
    std::optional<std::uint64_t> synced;
    try {
      if (sync_over) {
        end_sync(unneeded);
        synced = syncing.records;
      }
      put_in_files(unneeded);
      written = true;
      if (sync_due && !syncing.running) begin_sync(unneeded);
    } catch (const FileError& e) {
      news = {e.no_space() ? Trouble::Kind::no_space : Trouble::Kind::broken, e.what()};
      retry_at = Clock::now() + retry;
    }
    bool over = false;
    {
      const std::scoped_lock lock(mutex);
      if (written) in_files = batch_end;
      if (synced) on_disk = *synced;
      if (news) trouble = *news;
      else if (synced) trouble = {};
      over = last && !syncing.running && (trouble || on_disk == recorded);
    }
    done.notify_all();
    if (over) break;
  }
}

void Journal::Impl::wait_until(const std::uint64_t& state, std::uint64_t& wanted) {
  std::unique_lock lock(mutex);
  const std::uint64_t target = recorded;
  wanted = std::max(wanted, target);
  wake.notify_all();
  done.wait(lock, [&] { return state >= target || trouble; });
}

Journal::Journal(const std::string& directory, std::uint64_t generation, std::vector<std::string> hosts, double sync_interval_s) : impl_(std::make_unique<Impl>()) {
  Impl& i = *impl_;
  i.directory = directory;
  i.hosts = std::move(hosts);
  i.sync_interval = std::chrono::duration<double>(sync_interval_s);
  make_directory(directory + "/journal");
  i.discard_through = i.removed = generation;
  for (const std::uint64_t n : journals_in(directory)) {
    if (n <= generation) remove_file(journal_path(directory, n));
    else i.earlier.push_back(n);
  }
  const std::uint64_t number = std::max(generation, i.earlier.empty() ? 0 : i.earlier.back()) + 1;
  i.pieces.push_back({number, {}});
  i.batch.push_back({number, {}});
  journal_format::append_session(i.batch.back().records, i.hosts);
  i.put_in_files(0);
  i.aside.emplace([impl = impl_.get()] {
    const std::scoped_lock lock(impl->mutex);
    impl->sync_ended = true;
    impl->wake.notify_all();
  });
  i.recorded = 1;  // the session, to be synced
  i.writer = std::thread([impl = impl_.get()] { impl->loop(); });
}

Journal::~Journal() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->wake.notify_all();
  impl_->writer.join();
}

Journal::Replayed Journal::replay(const Visitor& visitor) const {
  Replayed replayed;
  for (const std::uint64_t number : impl_->earlier) journal_format::replay(MappedFile(journal_path(impl_->directory, number)).bytes(), number, visitor, replayed);
  return replayed;
}

std::uint64_t Journal::number() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->pieces.back().number;
}

void Journal::outcome(const Outcome& outcome) {
  impl_->record(1, [&](auto& records) { journal_format::append_outcome(records, outcome); });
}

void Journal::start(std::span<const Start> starts) {
  impl_->record(starts.size(), [&](auto& records) {
    for (const Start& s : starts) journal_format::append_start(records, s);
  });
}

void Journal::note(const std::string& text) {
  impl_->record(1, [&](auto& records) { journal_format::append(records, journal_format::Kind::note, [&](ByteWriter& w) { w.put_text(text); }); });
}

void Journal::rotate(std::span<const Start> in_flight) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->pieces.push_back({impl_->pieces.back().number + 1, {}});
  auto& records = impl_->pieces.back().records;
  journal_format::append_session(records, impl_->hosts);
  for (const Start& s : in_flight) journal_format::append_start(records, s);
  ++impl_->recorded;
  if (std::exchange(impl_->idle, false)) impl_->wake.notify_one();
}

void Journal::discard(std::uint64_t generation) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->discard_through = std::max(impl_->discard_through, generation);
  impl_->wake.notify_all();
}

void Journal::write() { impl_->wait_until(impl_->in_files, impl_->write_wanted); }

void Journal::flush() { impl_->wait_until(impl_->on_disk, impl_->sync_wanted); }

Trouble Journal::trouble() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->trouble;
}

}  // namespace umbra
