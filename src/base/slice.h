#pragma once
// A part of a campaign whose tasks do not depend on each other: the ids that one slot of a farm takes care of.

#include <cstdint>
#include <optional>
#include <string>

namespace umbra {

/// One id of each `count` consecutive ones (a round), at a place that a hash of the round's number turns: so that no slice gets all the expensive tasks of
/// a campaign whose tasks come in periods. The slices of one count are disjoint, and together they are all ids. Counted from 0 here, from 1 in text.
struct Slice {
  std::uint64_t index = 0, count = 1;

  bool has(std::uint64_t id) const { return in_round(id / count) == id % count; }
  /// The first id of the slice that is at least `id`.
  std::uint64_t from(std::uint64_t id) const;
  /// How many ids of the slice are below `end`.
  std::uint64_t below(std::uint64_t end) const { return end / count + (in_round(end / count) < end % count ? 1 : 0); }

 private:
  std::uint64_t in_round(std::uint64_t round) const;
};

/// "3/100"
std::string to_text(const Slice& slice);
/// Of "3/100", counted from 1; nothing where the text is no such thing.
std::optional<Slice> parse_slice(const std::string& text);

}  // namespace umbra
