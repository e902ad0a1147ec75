#include "io/journal_format.h"

#include "io/crc32c.h"

namespace umbra::journal_format {
namespace {

constexpr std::uint64_t magic = 0x314c4e4a41424d55;  // "UMBAJNL1"
constexpr std::size_t head_size = 16;                // magic, number
constexpr std::uint32_t longest_record = std::uint32_t{1} << 31;

void visit(ByteReader r, std::vector<std::string>& hosts, const Journal::Visitor& visitor) {
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

std::vector<std::byte> head(std::uint64_t number) {
  std::vector<std::byte> bytes;
  ByteWriter w(bytes);
  w.put(magic);
  w.put(number);
  return bytes;
}

void append_session(std::vector<std::byte>& out, const std::vector<std::string>& hosts) {
  append(out, Kind::session, [&](ByteWriter& w) {
    w.put(std::uint64_t{hosts.size()});
    for (const std::string& h : hosts) w.put_text(h);
  });
}

void append_outcome(std::vector<std::byte>& out, const Outcome& o) {
  append(out, Kind::outcome, [&](ByteWriter& w) {
    w.put(o.kind);
    w.put(o.id);
    w.put(o.status);
    w.put(o.phase);
    w.put(o.rank);
    w.put(o.start);
    w.put(o.duration);
    w.put(static_cast<std::uint8_t>(o.row_numbers > 0));
    w.put_text(o.message);
    w.put_all(std::span(o.values));
    w.put_all(std::span(o.blob));
  });
}

void append_start(std::vector<std::byte>& out, const Start& s) {
  append(out, Kind::start, [&](ByteWriter& w) {
    w.put(s.kind);
    w.put(s.id);
    w.put(s.rank);
    w.put(s.deaths);
    w.put(s.allocations);
    w.put(s.time);
  });
}

void fill_checksums(std::span<std::byte> records) {
  for (std::size_t at = 0; at < records.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, records.data() + at, sizeof length);
    const std::uint32_t sum = crc32c(records.subspan(at + frame_size, length));
    std::memcpy(records.data() + at + sizeof length, &sum, sizeof sum);
    at += frame_size + length;
  }
}

void replay(std::span<const std::byte> bytes, std::uint64_t number, const Journal::Visitor& visitor, Journal::Replayed& replayed) {
  std::vector<std::string> hosts;
  std::uint64_t found[2] = {0, 0};
  if (bytes.size() >= head_size) std::memcpy(found, bytes.data(), head_size);
  std::size_t at = found[0] == magic && found[1] == number ? head_size : 0;
  while (at >= head_size && at + frame_size <= bytes.size()) {
    std::uint32_t length = 0, sum = 0;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    std::memcpy(&sum, bytes.data() + at + sizeof length, sizeof sum);
    if (length == 0 || length > longest_record || length > bytes.size() - at - frame_size) break;
    const auto body = bytes.subspan(at + frame_size, length);
    if (crc32c(body) != sum) break;
    visit(ByteReader(body), hosts, visitor);
    ++replayed.records;
    at += frame_size + length;
  }
  replayed.cut_bytes += bytes.size() - at;
}

}  // namespace umbra::journal_format
