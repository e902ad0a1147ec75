#pragma once
// RUN/checkpoint: the state of the campaign after the outcomes of one generation, opaque bytes under magic, version, generation and CRC-32C.

#include <cstdint>
#include <optional>
#include <string>

namespace umbra {

/// Writes RUN/checkpoint.next, synced. Throws FileError.
void write_next_checkpoint(const std::string& directory, std::uint64_t generation, const std::string& state);
/// RUN/checkpoint.next becomes RUN/checkpoint, synced; nothing where there is none. Throws FileError.
void promote_checkpoint(const std::string& directory);
/// The state of a generation (that of results.h5), from RUN/checkpoint.next or RUN/checkpoint; nothing for generation 0. Throws UserError where it is damaged or missing.
std::optional<std::string> read_checkpoint(const std::string& directory, std::uint64_t generation);

/// After a kill: promotes RUN/checkpoint.next where it is of this generation, else removes it. Throws FileError.
void tidy_checkpoint(const std::string& directory, std::uint64_t generation);

}  // namespace umbra
