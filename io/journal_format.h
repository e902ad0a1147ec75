#pragma once
// The bytes of a journal: a head, then records, each behind its length and its CRC-32C. A part of Journal.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "io/bytes.h"
#include "io/journal.h"

namespace umbra::journal_format {

constexpr std::size_t frame_size = 8;  ///< length and checksum of the record that follows

enum class Kind : std::uint8_t { session = 1, outcome = 2, start = 3, note = 4 };

std::vector<std::byte> head(std::uint64_t number);

/// Appends a record, its checksum left open for fill_checksums().
template <class Body>
void append(std::vector<std::byte>& out, Kind kind, Body body) {
  const std::size_t at = out.size();
  ByteWriter w(out);
  w.put(std::uint64_t{0});
  w.put(kind);
  body(w);
  const auto length = static_cast<std::uint32_t>(out.size() - at - frame_size);
  std::memcpy(out.data() + at, &length, sizeof length);
}
void append_session(std::vector<std::byte>& out, const std::vector<std::string>& hosts);
void append_outcome(std::vector<std::byte>& out, const Outcome& outcome);
void append_start(std::vector<std::byte>& out, const Start& start);

void fill_checksums(std::span<std::byte> records);

/// Visits the records of a journal up to the first that is torn or corrupt.
void replay(std::span<const std::byte> bytes, std::uint64_t number, const Journal::Visitor& visitor, Journal::Replayed& replayed);

}  // namespace umbra::journal_format
