#pragma once
// Where a file named in a job file is.

#include <string>

namespace umbra {

/// In the job file's folder, or else, where nothing of that name is there, relative to where umbra is started (as run directories are).
std::string find_input(const std::string& path);

}  // namespace umbra
