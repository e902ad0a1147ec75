#include "io/input_path.h"

#include <filesystem>

#include "jobs/working_directory.h"

namespace umbra {

std::string find_input(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path beside = std::filesystem::path(working_directory().job) / path;
  return std::filesystem::exists(beside, ignored) ? beside.lexically_normal().string() : path;
}

}  // namespace umbra
