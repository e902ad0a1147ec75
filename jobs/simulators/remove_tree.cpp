#include "jobs/simulators/remove_tree.h"

#include <sys/stat.h>

#include <filesystem>

namespace umbra {
namespace {

namespace fs = std::filesystem;

void allow_all(const fs::path& folder) {
  chmod(folder.c_str(), S_IRWXU);
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (std::error_code ignored; fs::is_directory(entry->symlink_status(ignored))) allow_all(entry->path());
}

}  // namespace

bool remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return true;
  if (fs::is_directory(fs::symlink_status(path, error))) allow_all(path);
  fs::remove_all(path, error);
  return !error;
}

}  // namespace umbra
