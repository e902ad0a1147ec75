#include "jobs/simulators/failed_points.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "jobs/host_name.h"
#include "jobs/simulators/files.h"
#include "jobs/working_directory.h"
#include "src/formats/number.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> all_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    if (std::error_code ignored; !fs::is_directory(entry->symlink_status(ignored))) files.push_back(entry->path().native().substr(folder.size() + 1));
  return files;
}

// What is no file (a pipe) or may not be read stays behind.
void copy_files(const FailedPoints::Part& part, const fs::path& target) {
  for (const std::string& file : part.files.empty() ? all_files(part.from) : part.files) {
    const fs::path from = fs::path(part.from) / file, to = target / part.to / file;
    std::error_code ignored;
    fs::create_directories(to.parent_path(), ignored);
    if (fs::is_symlink(from, ignored)) fs::copy_symlink(from, to, ignored);
    else if (fs::is_regular_file(from, ignored)) fs::copy_file(from, to, ignored);
  }
}

}  // namespace

void FailedPoints::keep(const Evaluation& failed, std::span<const std::string> names, std::span<const double> values, const std::vector<Part>& parts) noexcept {
  try {
    const std::string base = working_directory().run.empty() ? fs::temp_directory_path() / "umbra-failed" : fs::path(working_directory().run) / "failed";
    const fs::path target = fs::path(base) / fmt::format("{}-{}-{}", host_name(), getpid(), kept_);
    std::string text = fmt::format("status: {}\nmessage: {}\n", name(failed.status), failed.message);
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += names[i] + ": ";
      append_number(text, values[i]);
      text += "\n";
    }
    write_text(target / "point.txt", text);
    for (const Part& part : parts) copy_files(part, target);
    ++kept_;
  } catch (const std::exception&) {
    ++kept_;  // Where it failed once it most likely fails again.
  }
}

}  // namespace umbra
