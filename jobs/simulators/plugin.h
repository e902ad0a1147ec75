#pragma once
// A shared library that defines the functions of umbra_model.h, loaded into this process.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jobs/simulators/shared_library.h"

namespace umbra {

class Plugin {
 public:
  /// @throws UserError where it cannot be loaded, is of another version, or refuses the names
  Plugin(const std::string& file, const std::vector<std::string>& parameters, const std::vector<std::string>& columns);
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  /// @param message [UMBRA_MESSAGE_SIZE], "" where the library says nothing
  /// @return what the library returned
  int evaluate(const double* theta, std::uint64_t seed, double* row, char* message) { return evaluate_(theta, seed, row, message); }

 private:
  SharedLibrary library_;
  int (*evaluate_)(const double*, std::uint64_t, double*, char*) = nullptr;
  void (*close_)() = nullptr;
};

/// What umbra-host and the rank say to each other through pipes, for a model of n parameters and m columns. Request: PluginRequest, theta [n].
/// Answer: PluginAnswer, row [m], and a message [UMBRA_MESSAGE_SIZE] where the status is not 0. The first answer, of id 0, comes unasked when the
/// library has been loaded.
struct PluginRequest {
  std::uint64_t id = 0;
  std::uint64_t seed = 0;
};
struct PluginAnswer {
  std::uint64_t id = 0;
  std::int64_t status = 0;
};

}  // namespace umbra
