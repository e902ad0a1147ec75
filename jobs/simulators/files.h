#pragma once
// The files that simulators are given and leave.

#include <optional>
#include <stdexcept>
#include <string>

namespace umbra {

/// More than this is read of no file, so that no file takes the rank's memory; bytes.
inline constexpr double largest_read = 5e8;

struct FileTooLarge : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Writes a file anew, its folders with it. @throws UserError
void write_text(const std::string& path, const std::string& text);

/// Nothing where there is no regular file: a pipe that a simulator left would wait for ever. @throws FileTooLarge
std::optional<std::string> read_text(const std::string& path);

/// In bytes; -1 where there is none.
double bytes_of(const std::string& path);

/// Frees a path: what cannot be removed is renamed, and stays until the scratch folder goes. @throws UserError where not even that can be done
void clear_away(const std::string& path);

/// An empty folder, whatever was there before. @throws UserError
void make_fresh_folder(const std::string& path);

}  // namespace umbra
