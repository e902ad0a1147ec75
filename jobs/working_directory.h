#pragma once
// The two folders that models may need to know of, set once by the program before any model is made.

#include <string>

namespace umbra {

struct WorkingDirectory {
  std::string job = ".";  ///< the job file's folder: relative paths in the job file start here
  std::string run;        ///< the run directory, where failed points are kept; "" where there is none
};

/// The folders of this process.
inline WorkingDirectory& working_directory() {
  static WorkingDirectory folders;
  return folders;
}

}  // namespace umbra
