#pragma once
// Small services on text: numbers with units, the nearest known name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace umbra {

/// A number in full ("1e-3", "inf", "-nan" excluded), or nothing. Needs no locale.
std::optional<double> parse_number(std::string_view text);
/// Digits with or without a sign, exactly; nothing for any other text or beyond 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// "90", "90s", "1.5min", "2h", "1d", "20ms", "5us" and Slurm's "[days-]hours:minutes:seconds" in seconds, or nothing.
std::optional<double> parse_duration(std::string_view text);
/// "512", "64kB", "2GB", "1.5GiB" in bytes (powers of 1000; of 1024 with the i), or nothing.
std::optional<double> parse_bytes(std::string_view text);

/// The known name nearest to a misspelt one (edit distance at most a third of its length, at least 2), or "".
std::string nearest(std::string_view name, const std::vector<std::string>& known);
/// ", did you mean 'x'?" or "; known: a, b, c".
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

/// Where the first byte is that belongs to no character of UTF-8; npos: all do.
std::size_t find_invalid_utf8(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");

}  // namespace umbra
