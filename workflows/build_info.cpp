#include "workflows/build_info.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace umbra {

std::string version() { return UMBRA_VERSION; }

std::string build_info() { return fmt::format("{} {}, {}", UMBRA_COMPILER, __VERSION__, UMBRA_BUILD_TYPE); }

std::string cpu_features() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream flags(line);
    std::string kept;
    for (std::string f; flags >> f;)
      if (f == "fma" || f.rfind("avx", 0) == 0 || f == "sse4_2") kept += (kept.empty() ? "" : " ") + f;
    return kept;
  }
  return "unknown";
}

}  // namespace umbra
