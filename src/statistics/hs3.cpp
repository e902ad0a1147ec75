// HS3 names parameters apart from modifiers, gives shapesys relative to the rate, takes the uncertainties of staterror from the samples' histograms,
// and constrains staterror by a Poisson term unless told otherwise (as RooFit does).

#include <algorithm>
#include <map>

#include "src/statistics/json_view.h"
#include "src/statistics/workspace.h"

namespace umbra {

namespace {

JsonView find_named(const JsonView& list, const std::string& name) {
  for (const JsonView& element : list.elements())
    if (element["name"].text() == name) return element;
  throw UserError(fmt::format("{}: nothing here is called '{}', which another part of the document refers to, add it", list.path(), name));
}

/// The parameter of a modifier; for one per bin, what its parameters' names have in common.
std::string parameter_name(const JsonView& view) {
  if (view.has("parameter")) return view["parameter"].text();
  return view["name"].text();
}

std::vector<double> contents(const JsonView& view, std::size_t bins) {
  const JsonView list = view["contents"];
  const std::vector<double> numbers = list.numbers();
  VALIDATE(bins == 0 || numbers.size() == bins, "{}: {} numbers for {} bins (each bin needs one), correct the list", list.path(), numbers.size(),
           bins);
  return numbers;
}

ConstraintChoice read_constraint(const JsonView& view, ConstraintChoice otherwise) {
  const char* key = view.has("constraint_type") ? "constraint_type" : "constraint";
  if (!view.has(key)) return otherwise;
  const std::string text = view[key].text();
  if (text == "Gauss") return ConstraintChoice::normal;
  if (text == "Poisson") return ConstraintChoice::poisson;
  throw UserError(fmt::format("{}: unknown constraint '{}'; known: Gauss, Poisson", view[key].path(), text));
}

/// A normfactor with a gaussian_dist of its parameter is what pyhf calls lumi: its constraint becomes settings.
void read_constrained_factor(const JsonView& distribution, Modifier& modifier, std::map<std::string, ParameterSetting>& settings) {
  VALIDATE(distribution["type"].text() == "gaussian_dist", "{}: a '{}' constrains the factor '{}' (gaussian_dist is what is understood), replace it",
           distribution["type"].path(), distribution["type"].text(), modifier.name);
  modifier.type = ModifierType::lumi;
  ParameterSetting& setting = settings[modifier.name];
  setting.name = modifier.name;
  setting.sigmas = {distribution["sigma"].number()};
  const JsonView mean = distribution[distribution["mean"].node().is_number() ? "mean" : "x"];
  setting.auxdata = {mean.node().is_number() ? mean.number() : 1.0};
  setting.inits = setting.auxdata;
}

Modifier read_modifier(const JsonView& view, const SampleSpec& sample, const std::vector<double>& errors, const JsonView& distributions,
                       std::map<std::string, ParameterSetting>& settings) {
  Modifier modifier;
  modifier.name = parameter_name(view);
  const std::string type = view["type"].text();
  if (type == "normfactor") {
    modifier.type = ModifierType::normfactor;
    if (view.has("constraint_name")) read_constrained_factor(find_named(distributions, view["constraint_name"].text()), modifier, settings);
  } else if (type == "shapefactor") {
    modifier.type = ModifierType::shapefactor;
  } else if (type == "normsys") {
    modifier.type = ModifierType::normsys;
    modifier.low = {view["data"]["lo"].number()};
    modifier.high = {view["data"]["hi"].number()};
  } else if (type == "histosys") {
    modifier.type = ModifierType::histosys;
    modifier.low = contents(view["data"]["lo"], sample.nominal.size());
    modifier.high = contents(view["data"]["hi"], sample.nominal.size());
  } else if (type == "shapesys") {
    modifier.type = ModifierType::shapesys;
    const JsonView vals = view["data"]["vals"];
    modifier.high = vals.numbers();
    VALIDATE(modifier.high.size() == sample.nominal.size(), "{}: {} numbers for {} bins (each bin needs one), correct the list", vals.path(),
             modifier.high.size(), sample.nominal.size());
    for (std::size_t b = 0; b < sample.nominal.size(); ++b) modifier.high[b] *= sample.nominal[b];
    modifier.constraint = read_constraint(view, ConstraintChoice::poisson);
  } else if (type == "staterror") {
    modifier.type = ModifierType::staterror;
    VALIDATE(!errors.empty(), "{}: the sample '{}' has no 'errors' beside its 'contents' (staterror takes its uncertainties from there), add them",
             view.path(), sample.name);
    modifier.high = errors;
    modifier.constraint = read_constraint(view, ConstraintChoice::poisson);
  } else {
    throw UserError(fmt::format("{}: unknown modifier type '{}'; known: histosys, normfactor, normsys, shapefactor, shapesys, staterror",
                                view["type"].path(), type));
  }
  return modifier;
}

ChannelSpec read_channel(const JsonView& view, const JsonView& distributions, std::map<std::string, ParameterSetting>& settings) {
  ChannelSpec channel;
  channel.name = view["name"].text();
  for (const JsonView& element : view["samples"].elements()) {
    SampleSpec sample;
    sample.name = element["name"].text();
    const JsonView data = element["data"];
    sample.nominal = contents(data, channel.num_bins());
    std::vector<double> errors;
    if (data.has("errors")) {
      errors = data["errors"].numbers();
      VALIDATE(errors.size() == sample.nominal.size(), "{}: {} numbers for {} bins (each bin needs one), correct the list", data["errors"].path(),
               errors.size(), sample.nominal.size());
    }
    for (const JsonView& modifier : element["modifiers"].elements()) {
      sample.modifiers.push_back(read_modifier(modifier, sample, errors, distributions, settings));
      Modifier& last = sample.modifiers.back();
      // One staterror set a channel, shared by the samples that carry it, whatever each calls it.
      if (last.type == ModifierType::staterror && !modifier.has("parameter")) last.name = "stat_" + channel.name;
    }
    channel.samples.push_back(std::move(sample));
  }
  VALIDATE(!channel.samples.empty(), "{}: no samples (a channel needs at least one), add them", view["samples"].path());
  std::sort(channel.samples.begin(), channel.samples.end(), [](const SampleSpec& a, const SampleSpec& b) { return a.name < b.name; });
  return channel;
}

/// Bounds from the domains of an analysis, values and constness from the first parameter point.
void read_parameters(const JsonView& root, const JsonView* analysis, std::map<std::string, ParameterSetting>& settings) {
  const auto setting = [&](const std::string& name) -> ParameterSetting& {
    settings[name].name = name;
    return settings[name];
  };
  if (root.has("domains"))
    for (const JsonView& domain : root["domains"].elements()) {
      if (analysis && analysis->has("domains")) {
        bool named = false;
        for (const JsonView& name : (*analysis)["domains"].elements()) named = named || name.text() == domain["name"].text();
        if (!named) continue;
      }
      for (const JsonView& axis : domain["axes"].elements())
        if (axis.has("min") && axis.has("max")) setting(axis["name"].text()).bounds = {{axis["min"].number(), axis["max"].number()}};
    }
  if (!root.has("parameter_points")) return;
  const std::vector<JsonView> points = root["parameter_points"].elements();
  if (points.empty()) return;
  for (const JsonView& parameter : points.front()["parameters"].elements()) {
    ParameterSetting& s = setting(parameter["name"].text());
    s.inits = {parameter["value"].number()};
    if (parameter.has("const")) s.fixed = parameter["const"].boolean();
  }
}

}  // namespace

Workspace read_hs3(const json& document) {
  const JsonView root(document), distributions = root["distributions"];
  std::vector<JsonView> analyses, likelihoods = root["likelihoods"].elements();
  if (root.has("analyses")) analyses = root["analyses"].elements();
  VALIDATE(!likelihoods.empty(), "/likelihoods: no likelihood (it says which data belong to which channel), add one");
  const JsonView likelihood = analyses.empty() ? likelihoods.front() : find_named(root["likelihoods"], analyses.front()["likelihood"].text());
  for (const JsonView& analysis : analyses)
    VALIDATE(analysis["likelihood"].text() == likelihood["name"].text(),
             "{}: analyses of different likelihoods in one document (a model has one), keep one of them", analysis["likelihood"].path());

  Workspace workspace;
  std::map<std::string, ParameterSetting> constraints;
  const std::vector<JsonView> channels = likelihood["distributions"].elements(), data = likelihood["data"].elements();
  VALIDATE(channels.size() == data.size(), "{}: {} data for {} distributions (each needs its own), correct the list", likelihood["data"].path(),
           data.size(), channels.size());
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const JsonView distribution = find_named(distributions, channels[i].text());
    VALIDATE(distribution["type"].text() == "histfactory_dist", "{}: a '{}' in the likelihood (histfactory_dist is what is understood), remove it",
             distribution["type"].path(), distribution["type"].text());
    workspace.channels.push_back(read_channel(distribution, distributions, constraints));
    const JsonView observed = find_named(root["data"], data[i].text());
    std::vector<double> counts = contents(observed, workspace.channels.back().num_bins());
    for (std::size_t b = 0; b < counts.size(); ++b)
      VALIDATE(counts[b] >= 0, "{}/contents/{}: {} observed events (a count cannot be negative), correct it", observed.path(), b, counts[b]);
    workspace.observations[workspace.channels.back().name] = std::move(counts);
  }
  VALIDATE(!workspace.channels.empty(), "{}: no channels (there is nothing to fit), add them", likelihood["distributions"].path());
  std::sort(workspace.channels.begin(), workspace.channels.end(), [](const ChannelSpec& a, const ChannelSpec& b) { return a.name < b.name; });

  for (std::size_t i = 0; i < std::max<std::size_t>(analyses.size(), 1); ++i) {
    const JsonView* analysis = analyses.empty() ? nullptr : &analyses[i];
    Measurement measurement;
    measurement.name = analysis ? (*analysis)["name"].text() : likelihood["name"].text();
    if (analysis && analysis->has("parameters_of_interest")) {
      const std::vector<JsonView> pois = (*analysis)["parameters_of_interest"].elements();
      if (!pois.empty()) measurement.poi = pois.front().text();
    }
    std::map<std::string, ParameterSetting> settings = constraints;
    read_parameters(root, analysis, settings);
    for (auto& [name, setting] : settings) measurement.parameters.push_back(std::move(setting));
    workspace.measurements.push_back(std::move(measurement));
  }
  check_workspace(workspace);
  return workspace;
}

}  // namespace umbra
