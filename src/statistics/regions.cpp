#include "src/statistics/regions.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"

namespace umbra {

Workspace make_regions(const std::vector<Region>& regions, ConstraintChoice background) {
  VALIDATE(!regions.empty(), "regions: the list is empty (there is nothing to fit), add a region");
  Workspace workspace;
  for (const Region& region : regions) {
    for (const double x : {region.observed, region.background, region.uncertainty, region.signal, region.signal_uncertainty})
      VALIDATE(std::isfinite(x) && x >= 0, "region '{}': {} (numbers of events and their uncertainties cannot be negative), correct it", region.name,
               x);
    SampleSpec signal{"signal", {region.signal}, {{.name = "mu", .type = ModifierType::normfactor, .low = {}, .high = {}}}};
    if (region.signal_uncertainty > 0)
      signal.modifiers.push_back({"signal_" + region.name, ModifierType::shapesys, {}, {region.signal_uncertainty}, ConstraintChoice::normal});
    SampleSpec other{"background", {region.background}, {}};
    if (region.uncertainty > 0)
      other.modifiers.push_back({"background_" + region.name, ModifierType::shapesys, {}, {region.uncertainty}, background});
    workspace.channels.push_back({region.name, {other, signal}});
    VALIDATE(workspace.observations.emplace(region.name, std::vector<double>{region.observed}).second, "region '{}' stands twice, rename one",
             region.name);
  }
  std::sort(workspace.channels.begin(), workspace.channels.end(), [](const ChannelSpec& a, const ChannelSpec& b) { return a.name < b.name; });
  workspace.measurements.push_back({"regions", "mu", {}});
  check_workspace(workspace);
  return workspace;
}

}  // namespace umbra
