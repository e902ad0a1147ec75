#pragma once
// The commands of the program. Each returns an exit code and throws UserError.

#include <cstdint>
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
  std::string slice;   ///< "3/100": make only this part of the campaign; "": all of it
  int ranks = 0;       ///< 0: as started; else start mpirun with so many
  bool fresh = false;  ///< throw away what the run directory holds
  bool quiet = false;
};

struct CheckOptions {
  std::string job;
  std::vector<std::string> overrides;
  std::uint64_t points = 100;  ///< to evaluate
  int ranks = 0;               ///< to evaluate them on; 0: all cores
  int for_ranks = 0;           ///< of the campaign; 0: not known
};

struct MergeOptions {
  std::vector<std::string> runs;
  std::string output;  ///< run directory to make
  std::string job;     ///< the job file, where it is not any more where the slices were started
  bool quiet = false;
};

/// @param program path of this executable, for starting mpirun
int run_command(const RunOptions& options, const std::string& program);
/// @param what samplers, models, priors, constraints, workflows ...; empty: the names of all
/// What the job will do, tried on a few points; exit code 0 where a campaign would run through, 1 where it would not.
int check_command(const CheckOptions& options, const std::string& program);
int list_command(const std::string& what);
int new_command(const std::string& workflow);
int status_command(const std::string& run, bool json);
int merge_command(const MergeOptions& options);

}  // namespace umbra
