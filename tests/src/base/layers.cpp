// src < jobs < io < workflows: a folder includes only itself and folders to its left; mpi.h only in jobs and io, hdf5.h only in io, neither in a public header.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace fs = std::filesystem;

namespace {

struct Include {
  std::string file, target;
};

std::vector<Include> includes_of(const std::string& folder) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*["<]([^">]+)[">])re");
  std::vector<Include> found;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(UMBRA_SOURCE_DIR) / folder)) {
    const std::string name = entry.path().string();
    if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    std::smatch match;
    for (std::string line; std::getline(in, line);)
      if (std::regex_search(line, match, pattern)) found.push_back({fs::relative(entry.path(), UMBRA_SOURCE_DIR).string(), match[1]});
  }
  return found;
}

bool starts_with(const std::string& text, const std::string& head) { return text.rfind(head, 0) == 0; }

// Headers that hand a bare handle to another .cpp of these folders, and are not installed.
bool is_internal(const std::string& file) { return file == "jobs/communicator_handle.h" || file == "jobs/mpi_port.h" || file == "io/hdf5.h"; }

}  // namespace

TEST_CASE("no folder includes one to its right") {
  const std::vector<std::string> order = {"src", "jobs", "io", "workflows"};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const Include& include : includes_of(order[i]))
      for (std::size_t right = i + 1; right < order.size(); ++right) {
        INFO(include.file << " includes " << include.target);
        CHECK_FALSE(starts_with(include.target, order[right] + "/"));
      }
}

TEST_CASE("MPI and HDF5 stay behind their folders") {
  for (const std::string folder : {"src", "jobs", "io", "workflows"})
    for (const Include& include : includes_of(folder)) {
      INFO(include.file << " includes " << include.target);
      const bool header = include.file.size() > 2 && include.file.substr(include.file.size() - 2) == ".h";
      if (include.target == "mpi.h") CHECK(((folder == "jobs" || folder == "io") && (!header || is_internal(include.file))));
      if (starts_with(include.target, "hdf5") || starts_with(include.target, "H5")) CHECK((folder == "io" && (!header || is_internal(include.file))));
      if (folder == "src") {
        CHECK_FALSE(include.target == "chrono");
        CHECK_FALSE(include.target == "thread");
        CHECK_FALSE(include.target == "fstream");
        CHECK_FALSE(include.target == "filesystem");
      }
    }
}
