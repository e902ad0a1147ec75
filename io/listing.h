#pragma once
// What results.h5 says of itself: generation, files of rows, tables. Written while the campaign runs as virtual datasets over the segments. A part of
// Store and Reader.

#include <cstdint>
#include <string>
#include <vector>

#include "io/segment.h"
#include "io/table.h"

namespace umbra {

struct Listing {
  std::uint64_t generation = 0;
  bool merged = false;              ///< then `files` is results.h5 itself
  std::vector<SegmentFile> files;
  std::vector<Table> tables;
  Attributes attributes;            ///< of the root
};

/// Reads RUN/results.h5. Throws UserError where it is not a result of Umbra. Sources are checked by check_sources().
Listing read_listing(const std::string& directory);
/// Throws UserError where a file of rows is missing or has another size than listed.
void check_sources(const std::string& directory, const Listing& listing);
/// The bytes of results.h5 while the campaign runs.
std::vector<std::byte> running_result(const Listing& listing);
/// Root attributes of any results.h5.
void describe_root(const hdf5::Handle& file, const Listing& listing);

}  // namespace umbra
