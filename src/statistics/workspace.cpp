#include "src/statistics/workspace.h"

#include <algorithm>
#include <set>

#include "src/base/text.h"
#include "src/statistics/json_view.h"

namespace umbra {

namespace {

const std::vector<std::string> type_names = {"histosys", "lumi", "normfactor", "normsys", "shapefactor", "shapesys", "staterror"};

void check_length(const JsonView& where, std::size_t length, std::size_t bins) {
  VALIDATE(length == bins, "{}: {} numbers for {} bins (each bin needs one), correct the list", where.path(), length, bins);
}

Modifier read_modifier(const JsonView& view, std::size_t bins) {
  Modifier modifier;
  modifier.name = view.only({"name", "type", "data"})["name"].text();
  const std::string type = view["type"].text();
  const auto found = std::find(type_names.begin(), type_names.end(), type);
  VALIDATE(found != type_names.end(), "{}: unknown modifier type '{}'{}", view["type"].path(), type, suggestion(type, type_names));
  modifier.type = static_cast<ModifierType>(found - type_names.begin());
  switch (modifier.type) {
    case ModifierType::histosys: {
      const JsonView data = view["data"].only({"lo_data", "hi_data"});
      modifier.low = data["lo_data"].numbers();
      modifier.high = data["hi_data"].numbers();
      check_length(data["lo_data"], modifier.low.size(), bins);
      check_length(data["hi_data"], modifier.high.size(), bins);
      break;
    }
    case ModifierType::normsys: {
      const JsonView data = view["data"].only({"lo", "hi"});
      modifier.low = {data["lo"].number()};
      modifier.high = {data["hi"].number()};
      break;
    }
    case ModifierType::shapesys:
    case ModifierType::staterror: {
      const JsonView data = view["data"];
      modifier.high = data.numbers();
      check_length(data, modifier.high.size(), bins);
      for (std::size_t i = 0; i < bins; ++i)
        VALIDATE(modifier.high[i] >= 0, "{}/{}: the uncertainty {} is negative (it is a standard deviation), correct it", data.path(), i,
                 modifier.high[i]);
      break;
    }
    default:
      VALIDATE(view["data"].is_null(), "{}: a {} has no data, set it to null", view["data"].path(), type);
  }
  return modifier;
}

SampleSpec read_sample(const JsonView& view) {
  SampleSpec sample;
  sample.name = view.only({"name", "data", "modifiers"})["name"].text();
  sample.nominal = view["data"].numbers();
  VALIDATE(!sample.nominal.empty(), "{}: no bins (a sample needs at least one), add them", view["data"].path());
  std::set<std::pair<ModifierType, std::string>> seen;
  for (const JsonView& element : view["modifiers"].elements()) {
    sample.modifiers.push_back(read_modifier(element, sample.nominal.size()));
    const Modifier& m = sample.modifiers.back();
    VALIDATE(seen.emplace(m.type, m.name).second, "{}: {} '{}' stands twice on one sample (which one counts is not defined), remove one",
             element.path(), type_names[static_cast<std::size_t>(m.type)], m.name);
  }
  return sample;
}

ParameterSetting read_setting(const JsonView& view) {
  ParameterSetting setting;
  setting.name = view.only({"name", "inits", "bounds", "auxdata", "factors", "sigmas", "fixed"})["name"].text();
  if (view.has("inits")) setting.inits = view["inits"].numbers();
  if (view.has("auxdata")) setting.auxdata = view["auxdata"].numbers();
  if (view.has("sigmas")) setting.sigmas = view["sigmas"].numbers();
  if (view.has("factors")) setting.factors = view["factors"].numbers();
  if (view.has("fixed")) setting.fixed = view["fixed"].boolean();
  if (view.has("bounds"))
    for (const JsonView& pair : view["bounds"].elements()) {
      const std::vector<double> ends = pair.numbers();
      VALIDATE(ends.size() == 2 && ends[0] <= ends[1], "{}: bounds must be [low, high] with low <= high, correct them", pair.path());
      setting.bounds.emplace_back(ends[0], ends[1]);
    }
  return setting;
}

}  // namespace

Workspace read_workspace(const json& document) {
  const JsonView root(document);
  if (root.has("distributions")) return read_hs3(document);
  Workspace workspace;
  const JsonView version = root.only({"channels", "observations", "measurements", "version"})["version"];
  VALIDATE(version.text() == "1.0.0", "{}: version '{}' (1.0.0 is what is understood), convert the workspace", version.path(), version.text());
  for (const JsonView& view : root["channels"].elements()) {
    ChannelSpec channel;
    channel.name = view.only({"name", "samples"})["name"].text();
    for (const JsonView& sample : view["samples"].elements()) {
      channel.samples.push_back(read_sample(sample));
      check_length(sample["data"], channel.samples.back().nominal.size(), channel.num_bins());
    }
    VALIDATE(!channel.samples.empty(), "{}: no samples (a channel needs at least one), add them", view["samples"].path());
    sort_by_name(channel.samples, view["samples"], "samples");
    workspace.channels.push_back(std::move(channel));
  }
  VALIDATE(!workspace.channels.empty(), "{}: no channels (there is nothing to fit), add them", root["channels"].path());
  sort_by_name(workspace.channels, root["channels"], "channels");

  std::map<std::string, std::size_t> bins;
  for (const ChannelSpec& channel : workspace.channels) bins[channel.name] = channel.num_bins();
  for (const JsonView& view : root["observations"].elements()) {
    const std::string name = view.only({"name", "data"})["name"].text();
    const std::vector<double> data = view["data"].numbers();
    // An observation of a channel that a patch removed is no fault.
    if (const auto found = bins.find(name); found != bins.end()) check_length(view["data"], data.size(), found->second);
    for (std::size_t i = 0; i < data.size(); ++i)
      VALIDATE(data[i] >= 0, "{}/data/{}: {} observed events (a count cannot be negative), correct it", view.path(), i, data[i]);
    VALIDATE(workspace.observations.emplace(name, data).second, "{}: channel '{}' is observed twice, remove one", view.path(), name);
  }
  for (const JsonView& view : root["measurements"].elements()) {
    Measurement measurement;
    measurement.name = view.only({"name", "config"})["name"].text();
    const JsonView config = view["config"].only({"poi", "parameters"});
    measurement.poi = config["poi"].text();
    for (const JsonView& setting : config["parameters"].elements()) measurement.parameters.push_back(read_setting(setting));
    sort_by_name(measurement.parameters, config["parameters"], "parameters");
    workspace.measurements.push_back(std::move(measurement));
  }
  VALIDATE(!workspace.measurements.empty(), "{}: no measurement (it names the parameter of interest), add one", root["measurements"].path());
  check_workspace(workspace);
  return workspace;
}

void check_workspace(const Workspace& workspace) {
  std::map<std::string, std::string> shapesys_owner;
  for (const ChannelSpec& channel : workspace.channels)
    for (const SampleSpec& sample : channel.samples) {
      const std::string where = fmt::format("channel '{}', sample '{}'", channel.name, sample.name);
      for (const double n : sample.nominal) VALIDATE(std::isfinite(n), "{}: a rate is not finite, correct it", where);
      for (const Modifier& m : sample.modifiers) {
        for (const auto* list : {&m.low, &m.high})
          for (const double x : *list) VALIDATE(std::isfinite(x), "{}, modifier '{}': a number is not finite, correct it", where, m.name);
        if (m.type == ModifierType::normsys)
          VALIDATE(m.low[0] > 0 && m.high[0] > 0,
                   "{}, normsys '{}': factors {} and {} (they are interpolated exponentially and must be positive), use a histosys", where, m.name,
                   m.low[0], m.high[0]);
        if (m.type != ModifierType::shapesys) continue;
        const auto [owner, fresh] = shapesys_owner.emplace(m.name, where);
        VALIDATE(fresh, "{}: shapesys '{}' is also on {} (its parameters belong to one sample), rename one", where, m.name, owner->second);
      }
    }
}

}  // namespace umbra
