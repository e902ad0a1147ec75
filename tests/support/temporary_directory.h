#pragma once
// A folder of its own for a test, removed with all that is in it.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace umbra {

class TemporaryDirectory {
 public:
  enum class Where { disk, memory };
  /// In memory where there is /dev/shm: for tests that sync often.
  explicit TemporaryDirectory(Where where = Where::disk) {
    const std::filesystem::path memory = "/dev/shm";
    std::string name = ((where == Where::memory && std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) / "umbra-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace umbra
