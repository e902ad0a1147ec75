#include "jobs/simulators/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "jobs/simulators/remove_tree.h"
#include "src/base/error.h"

namespace umbra {

namespace fs = std::filesystem;

void write_text(const std::string& path, const std::string& text) {
  if (const fs::path folder = fs::path(path).parent_path(); !fs::exists(folder)) fs::create_directories(folder);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::size_t done = 0;
  while (file >= 0 && done < text.size()) {
    const ssize_t n = write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const int error = errno;
  if (file >= 0) close(file);
  VALIDATE(file >= 0 && done == text.size(), "cannot write {}: {}", path, std::strerror(error));
}

std::optional<std::string> read_text(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return {};
  struct stat info {};
  const bool regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  const auto size = static_cast<double>(info.st_size);
  std::string text;
  if (regular && size <= largest_read) {
    try {
      text.resize(static_cast<std::size_t>(info.st_size));
    } catch (...) {
      close(file);
      throw;
    }
    std::size_t done = 0;
    for (ssize_t n = 1; n > 0 && done < text.size(); done += static_cast<std::size_t>(std::max<ssize_t>(n, 0))) n = read(file, text.data() + done, text.size() - done);
    text.resize(done);
  }
  close(file);
  if (!regular) return {};
  if (size > largest_read)
    throw FileTooLarge(fmt::format("{} has {:.3g} MB, of which {:.3g} MB could be read: let the numbers go into a smaller file", fs::path(path).filename().string(), size / 1e6, largest_read / 1e6));
  return text;
}

double bytes_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<double>(info.st_size) : -1.0;
}

void clear_away(const std::string& path) {
  if (remove_tree(path)) return;
  std::error_code error;
  std::string aside;
  int n = 0;
  do aside = fmt::format("{}-left-{}", path, ++n);
  while (fs::exists(fs::symlink_status(aside, error)));
  fs::rename(path, aside, error);
  VALIDATE(!error, "cannot remove {}: {} (what a simulator left there is in the way of the next point), see who owns it", path, error.message());
}

void make_fresh_folder(const std::string& path) {
  clear_away(path);
  std::error_code error;
  fs::create_directories(path, error);
  VALIDATE(!error, "cannot make the folder {}: {} (simulators run in it), point TMPDIR to a folder with room", path, error.message());
}

}  // namespace umbra
