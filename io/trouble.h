#pragma once
// What goes wrong with disks while a campaign runs. The campaign asks, and stops in good order or waits, as its job says.

#include <string>

namespace umbra {

struct Trouble {
  enum class Kind {
    none,
    no_space,  ///< disk full or quota reached; nothing is lost, the next attempt may succeed
    broken,    ///< HDF5 or the file system failed: no further drain; the journal holds everything. Leave by _exit, HDF5's exit hooks may crash
  };
  Kind kind = Kind::none;
  std::string message;

  explicit operator bool() const { return kind != Kind::none; }
};

}  // namespace umbra
