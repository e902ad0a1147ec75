// model: {type: regions}: a search as its paper prints it, a table of counting regions.

#include <algorithm>

#include "src/base/error.h"
#include "src/statistics/data_options.h"
#include "src/statistics/histfactory_family.h"
#include "src/statistics/regions.h"

namespace umbra {
namespace {

struct Options : DataOptions {
  Config regions;
  std::string background = "poisson";

  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("regions", &Options::regions, "a list of {name: SR1, observed: 5, background: 3.1, uncertainty: 0.8, signal: 2.5, signal_uncertainty: 0.3}; the last two at signal strength 1, "
                                        "uncertainties absolute and independent of each other, 0 unless said", required());
    o.add("background", &Options::background, "how the uncertainty of a background is constrained: by an auxiliary measurement of (background / uncertainty)^2 events, or a normal one",
          one_of({"poisson", "normal"}));
    add_to(o);
    return o;
  }
};

OptionSet<Region> region_options() {
  OptionSet<Region> o;
  o.add("name", &Region::name, "of the region", required());
  o.add("observed", &Region::observed, "events", required(at_least(0)));
  o.add("background", &Region::background, "expected events without a signal", required(at_least(0)));
  o.add("uncertainty", &Region::uncertainty, "of the background, in events", at_least(0));
  o.add("signal", &Region::signal, "expected events of the signal at signal strength 1", at_least(0));
  o.add("signal_uncertainty", &Region::signal_uncertainty, "of the signal, in events", at_least(0));
  return o;
}

std::vector<Region> read_regions(const Config& list, Faults& faults) {
  std::vector<Region> regions;
  if (!list.is_list() || list.elements().empty()) {
    faults.add(list.mark(), "model regions: regions: expected a list of {name: SR1, observed: 5, background: 3.1, uncertainty: 0.8, signal: 2.5}");
    return {};
  }
  const std::size_t before = faults.size();
  for (const Config& element : list.elements()) {
    const Region region = region_options().read(element, faults, "model regions: region", {});
    const bool twice = std::any_of(regions.begin(), regions.end(), [&](const Region& r) { return !r.name.empty() && r.name == region.name; });
    if (twice) faults.add(element.mark(), fmt::format("model regions: region '{}' stands twice: rename one", region.name));
    regions.push_back(region);
  }
  const bool signal = std::any_of(regions.begin(), regions.end(), [](const Region& r) { return r.signal > 0; });
  if (!signal && faults.size() == before) faults.add(list.mark(), "model regions: no region has a signal, so that there is nothing to test: give one a signal: N");
  return regions;
}

std::unique_ptr<ToyFamily> make(const Config& config, Faults& faults) {
  const std::size_t before = faults.size();
  const Options o = Options::options().read(config, faults, "model regions");
  const std::vector<Region> regions = o.regions.is_null() ? std::vector<Region>() : read_regions(o.regions, faults);
  if (faults.size() != before) return nullptr;
  try {
    HistFactoryFamily family({}, o.toys());
    family.add(make_regions(regions, o.background == "normal" ? ConstraintChoice::normal : ConstraintChoice::poisson));
    return std::make_unique<ToyFamily>(family.family());
  } catch (const UserError& e) {
    faults.add(config.find("regions")->mark(), fmt::format("model regions: {}", e.what()));
    return nullptr;
  }
}

[[maybe_unused]] const bool registered =
    ToyFamilyRegistry::instance().add("regions", {"counting regions with uncertain backgrounds, as search papers tabulate them", "", Options::options().describe(), make});

}  // namespace
}  // namespace umbra
