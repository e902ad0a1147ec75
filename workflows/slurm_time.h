#pragma once
// A time limit of Slurm.

#include <optional>
#include <string>
#include <string_view>

namespace umbra {

struct SlurmTime {
  std::string text;      ///< as sbatch takes it
  double seconds = 0.0;  ///< infinite where there is no limit
};

/// "90" (minutes), "90:30", "12:00:00", "1-12", "1-12:00", "1-12:00:00" and "UNLIMITED" as Slurm reads them; a duration with a unit as Umbra does elsewhere ("90s",
/// "1.5h", "2d"), turned into one of those; or nothing.
std::optional<SlurmTime> parse_slurm_time(std::string_view text);

}  // namespace umbra
