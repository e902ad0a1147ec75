#pragma once
// The values of one key that a job array runs through: `umbra submit --array key=a,b,c`.

#include <string>
#include <vector>

namespace umbra {

struct Sweep {
  std::string key;                   ///< of the job file
  std::vector<std::string> values;
};

/// "key=a,b,c" or "key=1..10". Throws UserError where a value is missing or stands twice, or where the key is one that the array itself sets.
Sweep read_sweep(const std::string& text);

}  // namespace umbra
