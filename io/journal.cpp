#include "io/journal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "io/bytes.h"
#include "io/crc32c.h"
#include "io/file.h"
#include "jobs/message.h"

namespace umbra {
namespace {

constexpr std::uint64_t magic = 0x314c4e4a41424d55;  // "UMBAJNL1"
constexpr std::size_t header_size = 16;              // magic, number
constexpr std::size_t frame_size = 8;                // length and checksum of the record that follows
constexpr std::uint32_t longest_record = std::uint32_t{1} << 31;
constexpr std::size_t gather_bytes = std::size_t{8} << 20;  // then they are written before their time: fresh memory costs more than a sync
constexpr std::size_t spares_kept = 2;

enum class Kind : std::uint8_t { session = 1, outcome = 2, start = 3, note = 4 };

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

/// Fields one after another, without gaps.
template <class... Fields>
void put(Buffer& out, const Fields&... fields) {
  std::byte bytes[(sizeof(Fields) + ...)];
  std::size_t at = 0;
  ((std::memcpy(bytes + at, &fields, sizeof fields), at += sizeof fields), ...);
  out.append(bytes, sizeof bytes);
}
template <class Values>
void put_all(Buffer& out, const Values& values) {
  put(out, std::uint64_t{values.size()});
  out.append(values.data(), values.size() * sizeof(*values.data()));
}

/// Closes the frame of the record that was begun at `at` with eight empty bytes; its checksum is left to the writer thread.
void close_frame(Buffer& out, std::size_t at) {
  const auto length = static_cast<std::uint32_t>(out.size() - at - frame_size);
  std::memcpy(out.data() + at, &length, sizeof length);
}

void fill_checksums(Buffer& records) {
  for (std::size_t at = 0; at < records.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, records.data() + at, sizeof length);
    const std::uint32_t sum = crc32c({records.data() + at + frame_size, length});
    std::memcpy(records.data() + at + sizeof length, &sum, sizeof sum);
    at += frame_size + length;
  }
}

constexpr std::uint64_t open_frame = 0;

void put_session(Buffer& out, const std::vector<std::string>& hosts) {
  const std::size_t at = out.size();
  put(out, open_frame, Kind::session, std::uint64_t{hosts.size()});
  for (const std::string& h : hosts) put_all(out, h);
  close_frame(out, at);
}

void put_start(Buffer& out, const Start& s) {
  const std::size_t at = out.size();
  put(out, open_frame, Kind::start, s.kind, s.id, s.rank, s.deaths, s.allocations, s.time);
  close_frame(out, at);
}

void put_outcome(Buffer& out, const Outcome& o) {
  const std::size_t at = out.size();
  put(out, open_frame, Kind::outcome, o.kind, o.id, o.status, o.phase, o.rank, o.start, o.duration, static_cast<std::uint8_t>(!o.rows.empty()));
  put_all(out, o.message);
  put_all(out, o.values);
  put_all(out, o.blob);
  close_frame(out, at);
}

void put_note(Buffer& out, const std::string& text) {
  const std::size_t at = out.size();
  put(out, open_frame, Kind::note);
  put_all(out, text);
  close_frame(out, at);
}

void replay_record(ByteReader r, std::vector<std::string>& hosts, const Journal::Visitor& visitor) {
  switch (r.get<Kind>()) {
    case Kind::session: {
      hosts.resize(r.get<std::uint64_t>());
      for (std::string& h : hosts) h = r.get_text();
      if (visitor.session) visitor.session(hosts);
      break;
    }
    case Kind::outcome: {
      Outcome o;
      o.kind = r.get<TaskKind>();
      o.id = r.get<TaskId>();
      o.status = r.get<Status>();
      o.phase = r.get<std::int32_t>();
      o.rank = r.get<std::int32_t>();
      o.start = r.get<double>();
      o.duration = r.get<double>();
      const bool lost_rows = r.get<std::uint8_t>() != 0;
      o.message = r.get_text();
      o.values = r.get_all<double>();
      o.blob = r.get_all<std::byte>();
      const auto rank = static_cast<std::size_t>(o.rank);
      if (visitor.outcome) visitor.outcome(std::move(o), rank < hosts.size() ? hosts[rank] : std::string(), lost_rows);
      break;
    }
    case Kind::start: {
      Start s;
      s.kind = r.get<TaskKind>();
      s.id = r.get<TaskId>();
      s.rank = r.get<std::int32_t>();
      s.deaths = r.get<std::int32_t>();
      s.allocations = r.get<std::int32_t>();
      s.time = r.get<double>();
      if (visitor.start) visitor.start(s);
      break;
    }
    case Kind::note:
      if (visitor.note) visitor.note(r.get_text());
      break;
  }
}

}  // namespace

struct Journal::Impl {
  struct Piece {  ///< records of one journal, not yet on disk
    std::uint64_t number;
    Buffer records;
  };

  template <class Put>
  void record(std::size_t count, Put put_records) {
    bool enough = false;
    {
      const std::scoped_lock lock(mutex);
      Buffer& records = pieces.back().records;
      const std::size_t before = records.size();
      put_records(records);
      recorded += count;
      enough = before < gather_bytes && records.size() >= gather_bytes;
    }
    if (enough) wake.notify_all();
  }

  Buffer take_spare();
  void loop();
  void put_on_disk(std::deque<Piece>& batch, std::uint64_t unneeded);
  void remove_old(std::uint64_t through);

  std::string directory;
  std::vector<std::string> hosts;
  double sync_interval_s = 0.25;
  std::vector<std::uint64_t> earlier;  ///< journals to replay

  mutable std::mutex mutex;
  std::condition_variable wake, done;
  std::deque<Piece> pieces;  ///< never empty; the last takes records
  std::vector<Buffer> spare;  ///< used before
  std::uint64_t recorded = 0, on_disk = 0;
  std::uint64_t discard_through = 0;
  bool hurry = false, ending = false;
  Trouble trouble;

  // Writer thread.
  std::optional<File> file;
  std::uint64_t file_number = 0, good_size = 0;
  bool torn = false;  ///< something was written beyond good_size
  std::uint64_t discarded = 0;
  std::thread writer;
};

Buffer Journal::Impl::take_spare() {
  if (spare.empty()) return {};
  Buffer buffer = std::move(spare.back());
  spare.pop_back();
  return buffer;
}

void Journal::Impl::put_on_disk(std::deque<Piece>& batch, std::uint64_t unneeded) {
  const auto keep = [this](Buffer& records) {
    const std::scoped_lock lock(mutex);
    if (records.capacity() == 0 || records.capacity() > 4 * gather_bytes || spare.size() >= spares_kept) return;
    records.clear();
    spare.push_back(std::move(records));
  };
  for (; !batch.empty(); keep(batch.front().records), batch.pop_front()) {
    Piece& piece = batch.front();
    if (piece.number <= unneeded) continue;
    if (!file || file_number != piece.number) {
      if (file) file->close();
      file.reset();
      Buffer head;
      put(head, magic, piece.number);
      File f(journal_path(directory, piece.number), File::Mode::create);
      f.write({head.data(), head.size()});
      f.sync();
      sync_folder(directory + "/journal");
      file.emplace(std::move(f));
      file_number = piece.number;
      good_size = header_size;
      torn = false;
    }
    if (torn) file->truncate(good_size);
    if (!piece.records.empty()) {
      torn = true;
      file->write({piece.records.data(), piece.records.size()});
      file->sync();
      torn = false;
      good_size += piece.records.size();
    }
  }
}

void Journal::Impl::remove_old(std::uint64_t through) {
  for (const std::uint64_t n : journals_in(directory))
    if (n <= through) remove_file(journal_path(directory, n));
}

void Journal::Impl::loop() {
  std::deque<Piece> batch;
  std::uint64_t batch_end = 0;
  bool failed = false;
  const auto interval = std::chrono::duration<double>(sync_interval_s);
  auto last = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  for (;;) {
    std::uint64_t through = 0;
    bool ends = false;
    {
      std::unique_lock lock(mutex);
      // Between two syncs records gather, so that many share one.
      const auto next = last + (failed ? std::chrono::duration<double>(1.0) : interval);
      wake.wait_until(lock, std::chrono::time_point_cast<std::chrono::steady_clock::duration>(next), [&] { return ending || ((hurry || pieces.back().records.size() >= gather_bytes) && !failed); });
      if (!failed) {
        batch_end = recorded;
        const std::uint64_t number = pieces.back().number;
        batch.swap(pieces);
        pieces.push_back({number, take_spare()});
        hurry = false;
      }
      through = discard_through;
      ends = ending;
    }
    Trouble now;
    try {
      if (!failed)
        for (Piece& p : batch) fill_checksums(p.records);
      put_on_disk(batch, through);
      if (through > discarded) {
        remove_old(through);
        discarded = through;
      }
      failed = false;
    } catch (const FileError& e) {
      failed = !batch.empty();
      now = {e.no_space() ? Trouble::Kind::no_space : Trouble::Kind::broken, e.what()};
    }
    last = std::chrono::steady_clock::now();
    {
      const std::scoped_lock lock(mutex);
      trouble = now;
      if (!failed) on_disk = batch_end;
    }
    done.notify_all();
    if (ends && (failed || on_disk == recorded)) break;
  }
}

Journal::Journal(const std::string& directory, std::uint64_t generation, std::vector<std::string> hosts, double sync_interval_s) : impl_(std::make_unique<Impl>()) {
  impl_->directory = directory;
  impl_->hosts = std::move(hosts);
  impl_->sync_interval_s = sync_interval_s;
  make_directory(directory + "/journal");
  impl_->remove_old(generation);
  impl_->discarded = impl_->discard_through = generation;
  impl_->earlier = journals_in(directory);
  const std::uint64_t number = std::max(generation, impl_->earlier.empty() ? 0 : impl_->earlier.back()) + 1;
  impl_->pieces.push_back({number, {}});
  put_session(impl_->pieces.back().records, impl_->hosts);
  std::deque<Impl::Piece> first;
  first.swap(impl_->pieces);
  impl_->pieces.push_back({number, {}});
  fill_checksums(first.front().records);
  impl_->put_on_disk(first, 0);
  impl_->writer = std::thread([impl = impl_.get()] { impl->loop(); });
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
  for (const std::uint64_t number : impl_->earlier) {
    const MappedFile file(journal_path(impl_->directory, number));
    const auto bytes = file.bytes();
    std::vector<std::string> hosts;
    std::uint64_t head[2] = {0, 0};
    if (bytes.size() >= header_size) std::memcpy(head, bytes.data(), header_size);
    std::size_t at = head[0] == magic && head[1] == number ? header_size : 0;
    while (at >= header_size && at + frame_size <= bytes.size()) {
      std::uint32_t length = 0, sum = 0;
      std::memcpy(&length, bytes.data() + at, sizeof length);
      std::memcpy(&sum, bytes.data() + at + sizeof length, sizeof sum);
      if (length == 0 || length > longest_record || length > bytes.size() - at - frame_size) break;
      const auto body = bytes.subspan(at + frame_size, length);
      if (crc32c(body) != sum) break;
      replay_record(ByteReader(body), hosts, visitor);
      ++replayed.records;
      at += frame_size + length;
    }
    replayed.cut_bytes += bytes.size() - at;
  }
  return replayed;
}

std::uint64_t Journal::number() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->pieces.back().number;
}

void Journal::outcome(const Outcome& outcome) {
  impl_->record(1, [&](Buffer& out) { put_outcome(out, outcome); });
}

void Journal::start(std::span<const Start> starts) {
  impl_->record(starts.size(), [&](Buffer& out) {
    for (const Start& s : starts) put_start(out, s);
  });
}

void Journal::note(const std::string& text) {
  impl_->record(1, [&](Buffer& out) { put_note(out, text); });
}

void Journal::rotate(std::span<const Start> in_flight) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->pieces.push_back({impl_->pieces.back().number + 1, impl_->take_spare()});
  Buffer& records = impl_->pieces.back().records;
  put_session(records, impl_->hosts);
  for (const Start& s : in_flight) put_start(records, s);
  ++impl_->recorded;
}

void Journal::discard(std::uint64_t generation) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->discard_through = std::max(impl_->discard_through, generation);
}

void Journal::flush() {
  std::unique_lock lock(impl_->mutex);
  const std::uint64_t target = impl_->recorded;
  impl_->hurry = true;
  impl_->wake.notify_all();
  impl_->done.wait(lock, [&] { return impl_->on_disk >= target || impl_->trouble; });
}

Trouble Journal::trouble() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->trouble;
}

}  // namespace umbra
