#pragma once
// The commands of the program. Each returns an exit code and throws UserError.

#include <string>
#include <vector>

namespace umbra {

namespace exit_code {
inline constexpr int done = 0;
inline constexpr int error = 1;
inline constexpr int bad_job = 2;
inline constexpr int not_done = 75;
}  // namespace exit_code

struct RunOptions {
  std::string job;
  std::vector<std::string> overrides;
  int ranks = 0;       ///< 0: as started; else start mpirun with so many
  bool fresh = false;  ///< throw away what the run directory holds
  bool quiet = false;
};

/// @param program path of this executable, for starting mpirun
int run_command(const RunOptions& options, const std::string& program);
/// @param what samplers, models, priors, constraints, workflows ...; empty: the names of all
int list_command(const std::string& what);
int new_command(const std::string& workflow);
int status_command(const std::string& run, bool json);

}  // namespace umbra
