// HS3 names parameters apart from modifiers, gives shapesys relative to the rate, takes the uncertainties of staterror from the samples' histograms,
// and constrains staterror by a Poisson term unless told otherwise (as RooFit does).

#include <algorithm>
#include <map>
#include <set>

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

/// The parameters of modifiers that have one per bin, as HS3 names each: which set of ours they are, one list a set.
class BinParameters {
 public:
  struct Place {
    std::string set;
    std::size_t element;
  };

  /// The set of a modifier's list; bins of another modifier with the same list are the same parameters.
  std::string set_of(const JsonView& list, std::string usual, const std::string& channel, std::size_t bins, bool across_channels) {
    std::vector<std::string> names;
    for (const JsonView& name : list.elements()) names.push_back(name.text());
    VALIDATE(names.size() == bins, "{}: {} parameters for {} bins (each bin needs one), correct the list", list.path(), names.size(), bins);
    const auto known = sets_.find(names);
    if (known != sets_.end()) {
      VALIDATE(across_channels || known->second.channel == channel, "{}: these parameters stand in another channel too (here they belong to one), rename them",
               list.path());
      return known->second.name;
    }
    if (!used_.insert(usual).second) usual += "_" + names.front();
    used_.insert(usual);
    for (std::size_t i = 0; i < names.size(); ++i)
      VALIDATE(places_.emplace(names[i], Place{usual, i}).second,
               "{}/{}: the parameter '{}' stands in another place too (bins can share all of their parameters or none), rename it", list.path(), i, names[i]);
    sets_.emplace(std::move(names), Set{usual, channel});
    return usual;
  }
  const Place* find(const std::string& parameter) const {
    const auto found = places_.find(parameter);
    return found == places_.end() ? nullptr : &found->second;
  }

 private:
  struct Set {
    std::string name, channel;
  };
  std::map<std::vector<std::string>, Set> sets_;
  std::map<std::string, Place> places_;
  std::set<std::string> used_;
};

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

ChannelSpec read_channel(const JsonView& view, const JsonView& distributions, std::map<std::string, ParameterSetting>& settings, BinParameters& bins) {
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
      const bool one_per_bin = last.type == ModifierType::staterror || last.type == ModifierType::shapesys || last.type == ModifierType::shapefactor;
      if (one_per_bin && modifier.has("parameters"))
        last.name = bins.set_of(modifier["parameters"], last.name, channel.name, sample.nominal.size(), last.type == ModifierType::shapefactor);
    }
    channel.samples.push_back(std::move(sample));
  }
  VALIDATE(!channel.samples.empty(), "{}: no samples (a channel needs at least one), add them", view["samples"].path());
  sort_by_name(channel.samples, view["samples"], "samples");
  return channel;
}

/// The parameter point that an analysis begins at; without a word on it `default_values`, or the first.
JsonView starting_point(const JsonView& points, const JsonView* analysis) {
  if (analysis && analysis->has("init")) return find_named(points, (*analysis)["init"].text());
  for (const JsonView& point : points.elements())
    if (point["name"].text() == "default_values") return point;
  return points.elements().front();
}

/// Bounds from the domains of an analysis, values and constness from its parameter point.
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
  if (root["parameter_points"].elements().empty()) return;
  for (const JsonView& parameter : starting_point(root["parameter_points"], analysis)["parameters"].elements()) {
    ParameterSetting& s = setting(parameter["name"].text());
    s.inits = {parameter["value"].number()};
    if (parameter.has("const")) s.fixed = parameter["const"].boolean();
  }
}

/// The settings of parameters that the channels have, in terms of our sets. A document may speak of any others.
std::vector<ParameterSetting> settings_of(const std::vector<ChannelSpec>& channels, const BinParameters& bins, const std::map<std::string, ParameterSetting>& settings) {
  std::set<std::string> names;
  for (const ChannelSpec& channel : channels)
    for (const SampleSpec& sample : channel.samples)
      for (const Modifier& m : sample.modifiers) names.insert(m.name);
  std::vector<ParameterSetting> all;
  for (const auto& [name, setting] : settings) {
    all.push_back(setting);
    if (const BinParameters::Place* place = bins.find(name)) all.back().name = place->set, all.back().element = place->element;
    else if (!names.count(name)) all.pop_back();
  }
  return all;
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
  BinParameters bins;
  const std::vector<JsonView> channels = likelihood["distributions"].elements(), data = likelihood["data"].elements();
  VALIDATE(channels.size() == data.size(), "{}: {} data for {} distributions (each needs its own), correct the list", likelihood["data"].path(),
           data.size(), channels.size());
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const JsonView distribution = find_named(distributions, channels[i].text());
    VALIDATE(distribution["type"].text() == "histfactory_dist", "{}: a '{}' in the likelihood (histfactory_dist is what is understood), remove it",
             distribution["type"].path(), distribution["type"].text());
    workspace.channels.push_back(read_channel(distribution, distributions, constraints, bins));
    const JsonView observed = find_named(root["data"], data[i].text());
    std::vector<double> counts = contents(observed, workspace.channels.back().num_bins());
    for (std::size_t b = 0; b < counts.size(); ++b)
      VALIDATE(counts[b] >= 0, "{}/contents/{}: {} observed events (a count cannot be negative), correct it", observed.path(), b, counts[b]);
    workspace.observations[workspace.channels.back().name] = std::move(counts);
  }
  VALIDATE(!workspace.channels.empty(), "{}: no channels (there is nothing to fit), add them", likelihood["distributions"].path());
  sort_by_name(workspace.channels, likelihood["distributions"], "channels");

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
    measurement.parameters = settings_of(workspace.channels, bins, settings);
    workspace.measurements.push_back(std::move(measurement));
  }
  check_workspace(workspace);
  return workspace;
}

}  // namespace umbra
