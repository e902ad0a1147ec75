#include "jobs/simulators/private_copy.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "jobs/simulators/files.h"
#include "jobs/simulators/remove_tree.h"
#include "src/base/error.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;

// As cp -R, but what is copied may be written, also where the original may not.
void copy_tree(const fs::path& from, const fs::path& to) {
  fs::create_directory(to);
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const fs::path target = to / entry.path().filename();
    if (entry.is_symlink()) fs::copy_symlink(entry.path(), target);
    else if (entry.is_directory()) copy_tree(entry.path(), target);
    else {
      VALIDATE(entry.is_regular_file(), "{} is neither a file nor a folder (each worker copies what is in {}), remove it from there", entry.path().string(), from.string());
      fs::copy_file(entry.path(), target);
      fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write, fs::perm_options::add);
    }
  }
}

}  // namespace

PrivateCopy::PrivateCopy(std::string source, std::string folder, std::vector<std::string> cache) : source_(std::move(source)), folder_(std::move(folder)), cache_(std::move(cache)) {}

void PrivateCopy::prepare() {
  if (spoilt_ || !clean()) make();
  ++runs_;
}

PrivateCopy::Stamp PrivateCopy::stamp(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return {};
  return {info.st_mtim.tv_sec * 1000000000LL + info.st_mtim.tv_nsec, info.st_size};
}

// Under another name first: a copy that ended half-way must not be taken for a whole one.
void PrivateCopy::make() {
  spoilt_ = true;
  const std::string part = folder_ + ".part";
  clear_away(part);
  clear_away(folder_);
  copy_tree(source_, part);
  fs::rename(part, folder_);
  original_.clear();
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_)) original_.emplace(entry.path().native().substr(folder_.size() + 1), stamp(entry.path()));
  spoilt_ = false;
  runs_ = 0;
}

// False where the copy is gone or something in it cannot be removed.
bool PrivateCopy::clean() {
  std::vector<std::string> strange;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder_, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string file = entry->path().native().substr(folder_.size() + 1);
    if (original_.contains(file) || leads_to_cache(file)) continue;
    entry.disable_recursion_pending();
    if (!cached(file)) strange.push_back(entry->path());
  }
  return !error && std::all_of(strange.begin(), strange.end(), remove_tree);
}

bool PrivateCopy::cached(const std::string& file) const {
  return std::any_of(cache_.begin(), cache_.end(), [&](const std::string& c) { return file == c || file.starts_with(c + "/"); });
}

bool PrivateCopy::leads_to_cache(const std::string& folder) const {
  return std::any_of(cache_.begin(), cache_.end(), [&](const std::string& c) { return c.starts_with(folder + "/"); });
}

std::vector<std::string> PrivateCopy::changed() const {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder_, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string file = entry->path().native().substr(folder_.size() + 1);
    const auto known = original_.find(file);
    if (cached(file)) entry.disable_recursion_pending();
    else if (!entry->is_directory(error) && (known == original_.end() || known->second != stamp(entry->path()))) files.push_back(file);
  }
  return files;
}

}  // namespace umbra
