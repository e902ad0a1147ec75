#include "src/statistics/histfactory.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {

namespace {

constexpr ModifierType all_types[] = {ModifierType::histosys,    ModifierType::lumi,     ModifierType::normfactor, ModifierType::normsys,
                                      ModifierType::shapefactor, ModifierType::shapesys, ModifierType::staterror};

/// As pyhf bounds a shapesys.
constexpr double least_poisson_parameter = 1e-10;

bool interpolates(ModifierType type) { return type == ModifierType::histosys || type == ModifierType::normsys; }
bool one_per_bin(ModifierType type) { return type == ModifierType::shapefactor || type == ModifierType::shapesys || type == ModifierType::staterror; }

/// The parameters of one modifier name.
struct ParameterSet {
  std::string name;
  ModifierType type;
  std::size_t first = 0;
  std::vector<ModelParameter> members;
  std::map<std::string, std::size_t> channel_offset;  ///< which member belongs to a channel's first bin
};

/// Sets in the order in which pyhf meets them: by type; inside, where it first meets a name in sorted channels, samples and modifiers; but
/// staterror, which needs all samples together, by name.
std::vector<ParameterSet> collect_sets(const Workspace& workspace) {
  std::vector<ParameterSet> sets;
  std::map<std::string, ModifierType> seen;
  for (const ModifierType type : all_types) {
    std::vector<std::string> names;
    for (const ChannelSpec& channel : workspace.channels)
      for (const SampleSpec& sample : channel.samples) {
        std::set<std::string> here;
        for (const Modifier& m : sample.modifiers)
          if (m.type == type) here.insert(m.name);
        for (const std::string& name : here) {
          const auto [entry, fresh] = seen.emplace(name, type);
          VALIDATE(entry->second == type || (interpolates(entry->second) && interpolates(type)),
                   "channel '{}', sample '{}': the name '{}' is used by two kinds of modifiers (one parameter cannot be both), rename one",
                   channel.name, sample.name, name);
          if (fresh) names.push_back(name);
        }
      }
    if (type == ModifierType::staterror) std::sort(names.begin(), names.end());
    for (std::string& name : names) sets.push_back({std::move(name), type, 0, {}, {}});
  }
  return sets;
}

const Modifier* find_modifier(const SampleSpec& sample, ModifierType type, const std::string& name) {
  for (const Modifier& m : sample.modifiers)
    if (m.type == type && m.name == name) return &m;
  return nullptr;
}

ModelParameter default_parameter(ModifierType type) {
  ModelParameter p;
  p.init = interpolates(type) ? 0.0 : 1.0;
  p.auxiliary = p.init;
  switch (type) {
    case ModifierType::histosys:
    case ModifierType::normsys:
      p.low = -5, p.high = 5, p.constraint = ConstraintKind::normal;
      break;
    case ModifierType::lumi:
      p.low = 0, p.high = 10, p.constraint = ConstraintKind::normal;
      break;
    case ModifierType::normfactor:
    case ModifierType::shapefactor:
      p.low = 0, p.high = 10;
      break;
    case ModifierType::shapesys:
      p.low = least_poisson_parameter, p.high = 10, p.constraint = ConstraintKind::poisson;
      break;
    case ModifierType::staterror:
      p.low = 1e-10, p.high = 10, p.constraint = ConstraintKind::normal;
      break;
  }
  return p;
}

/// Sets width and auxiliary datum for a relative uncertainty delta: N(1 | gamma, delta) or Pois(tau | tau gamma) with tau = 1 / delta^2.
void constrain(ModelParameter& p, double delta, ConstraintChoice choice) {
  if (choice != ConstraintChoice::usual) p.constraint = choice == ConstraintChoice::normal ? ConstraintKind::normal : ConstraintKind::poisson;
  p.width = p.fixed ? 1.0 : p.constraint == ConstraintKind::normal ? delta : 1 / (delta * delta);
  p.auxiliary = p.constraint == ConstraintKind::normal ? 1.0 : p.width;
}

/// A bin without rate or uncertainty is fixed.
void add_shapesys(ParameterSet& set, const SampleSpec& sample, const Modifier& m) {
  for (std::size_t b = 0; b < sample.nominal.size(); ++b) {
    ModelParameter p = default_parameter(ModifierType::shapesys);
    p.fixed = !(sample.nominal[b] > 0 && m.high[b] > 0);
    constrain(p, m.high[b] / sample.nominal[b], m.constraint);
    set.members.push_back(p);
  }
}

/// delta = sqrt(sum of squared uncertainties) / sum of rates, over the samples of the channel that carry it; 0 is fixed.
void add_staterror(ParameterSet& set, const ChannelSpec& channel) {
  for (std::size_t b = 0; b < channel.num_bins(); ++b) {
    double variance = 0, rate = 0;
    ConstraintChoice choice = ConstraintChoice::usual;
    for (const SampleSpec& sample : channel.samples)
      if (const Modifier* m = find_modifier(sample, ModifierType::staterror, set.name))
        variance += m->high[b] * m->high[b], rate += sample.nominal[b], choice = m->constraint;
    ModelParameter p = default_parameter(ModifierType::staterror);
    p.fixed = !(variance > 0 && rate > 0);
    constrain(p, std::sqrt(variance) / rate, choice);
    set.members.push_back(p);
  }
}

void make_members(ParameterSet& set, const Workspace& workspace) {
  if (!one_per_bin(set.type)) {
    set.members.push_back(default_parameter(set.type));
    return;
  }
  for (const ChannelSpec& channel : workspace.channels)
    for (const SampleSpec& sample : channel.samples) {
      const Modifier* m = find_modifier(sample, set.type, set.name);
      if (!m || set.channel_offset.count(channel.name)) continue;
      if (set.type == ModifierType::shapefactor) {
        // One set of factors serves every channel that names it.
        if (set.members.empty()) set.members.assign(channel.num_bins(), default_parameter(set.type));
        VALIDATE(set.members.size() == channel.num_bins(),
                 "channel '{}': shapefactor '{}' has {} bins elsewhere and {} here (it is shared bin by bin), rename one", channel.name, set.name,
                 set.members.size(), channel.num_bins());
        set.channel_offset[channel.name] = 0;
        continue;
      }
      set.channel_offset[channel.name] = set.members.size();
      if (set.type == ModifierType::shapesys) add_shapesys(set, sample, *m);
      else add_staterror(set, channel);
    }
}

void apply_setting(ParameterSet& set, const ParameterSetting& setting) {
  EXPECT(!setting.element || *setting.element < set.members.size());
  const std::span<ModelParameter> members = setting.element ? std::span(set.members).subspan(*setting.element, 1) : std::span(set.members);
  const auto assign = [&](const std::vector<double>& values, const char* what, auto&& give) {
    if (values.empty()) return;
    VALIDATE(values.size() == members.size(), "measurement, parameter '{}': {} {} for {} parameters (each needs one), correct the list", set.name,
             values.size(), what, members.size());
    for (std::size_t i = 0; i < values.size(); ++i) give(members[i], values[i]);
  };
  assign(setting.inits, "inits", [](ModelParameter& p, double x) { p.init = x; });
  assign(setting.auxdata, "auxdata", [](ModelParameter& p, double x) { p.auxiliary = x; });
  for (const auto* list : {&setting.sigmas, &setting.factors})
    assign(*list, list == &setting.sigmas ? "sigmas" : "factors", [&](ModelParameter& p, double x) {
      VALIDATE(x > 0, "measurement, parameter '{}': a width of {} (it must be positive), correct it", set.name, x);
      if (p.constraint == (list == &setting.sigmas ? ConstraintKind::normal : ConstraintKind::poisson)) p.width = x;
    });
  if (setting.fixed)
    for (ModelParameter& p : members) p.fixed = *setting.fixed;
  if (setting.bounds.empty()) return;
  VALIDATE(setting.bounds.size() == members.size(), "measurement, parameter '{}': {} bounds for {} parameters (each needs one pair), correct the list",
           set.name, setting.bounds.size(), members.size());
  for (std::size_t i = 0; i < setting.bounds.size(); ++i) std::tie(members[i].low, members[i].high) = setting.bounds[i];
}

const Measurement& choose_measurement(const Workspace& workspace, const std::string& name) {
  if (name.empty()) return workspace.measurements.front();
  std::vector<std::string> names;
  for (const Measurement& m : workspace.measurements) {
    if (m.name == name) return m;
    names.push_back(m.name);
  }
  throw UserError(fmt::format("/measurements: no measurement is called '{}'{}", name, suggestion(name, names)));
}

/// Coefficients of code4: value, slope and curvature join the exponentials hi^alpha and lo^-alpha at alpha = 1 and -1.
void add_norm_entry(RateTable& table, std::size_t row, double low, double high) {
  const double log_high = std::log(high), log_low = std::log(low);
  const double even0 = (high + low) / 2 - 1, odd0 = (high - low) / 2;
  const double slope_up = high * log_high, slope_down = -low * log_low;
  const double even1 = (slope_up - slope_down) / 2, odd1 = (slope_up + slope_down) / 2;
  const double curve_up = high * log_high * log_high, curve_down = low * log_low * log_low;
  const double even2 = (curve_up + curve_down) / 2, odd2 = (curve_up - curve_down) / 2;
  const double a6 = (even2 - 5 * even1 + 8 * even0) / 8, a4 = (even1 - 2 * even0) / 2 - 2 * a6, a2 = even0 - a4 - a6;
  const double a5 = (odd2 - 3 * odd1 + 3 * odd0) / 8, a3 = (odd1 - odd0) / 2 - 2 * a5, a1 = odd0 - a3 - a5;
  const double all[6] = {a1, a2, a3, a4, a5, a6};
  for (int i = 0; i < 6; ++i) table.norm_coefficients[i].push_back(all[i]);
  table.norm_row.push_back(static_cast<std::uint32_t>(row));
  table.norm_log_up.push_back(log_high);
  table.norm_log_down.push_back(-log_low);
}

RateTable make_table(const Workspace& workspace, const std::vector<ParameterSet>& sets) {
  RateTable table;
  std::map<std::string, const ParameterSet*> by_name;
  for (const ParameterSet& set : sets) by_name[set.name] = &set;
  std::vector<const SampleSpec*> row_sample;
  table.linear_begin.push_back(0);
  for (const ChannelSpec& channel : workspace.channels) {
    for (const SampleSpec& sample : channel.samples) {
      table.row_cell.push_back(static_cast<std::uint32_t>(table.nominal.size()));
      table.row_bin.push_back(static_cast<std::uint32_t>(table.num_bins));
      table.row_bins.push_back(static_cast<std::uint32_t>(channel.num_bins()));
      for (std::size_t b = 0; b < channel.num_bins(); ++b) {
        table.nominal.push_back(sample.nominal[b]);
        table.cell_bin.push_back(static_cast<std::uint32_t>(table.num_bins + b));
        table.cell_row.push_back(static_cast<std::uint32_t>(row_sample.size()));
        for (const Modifier& m : sample.modifiers) {
          if (interpolates(m.type)) continue;
          const ParameterSet& set = *by_name.at(m.name);
          const std::size_t member = one_per_bin(m.type) ? set.channel_offset.at(channel.name) + b : 0;
          table.linear_parameter.push_back(static_cast<std::uint32_t>(set.first + member));
        }
        table.linear_begin.push_back(static_cast<std::uint32_t>(table.linear_parameter.size()));
      }
      row_sample.push_back(&sample);
    }
    table.num_bins += channel.num_bins();
  }
  for (const ParameterSet& set : sets) {
    if (!interpolates(set.type)) continue;
    RateTable::Interpolated entry{};
    entry.parameter = static_cast<std::uint32_t>(set.first);
    entry.norm_begin = static_cast<std::uint32_t>(table.norm_row.size());
    entry.shift_begin = static_cast<std::uint32_t>(table.shift_cell.size());
    for (std::size_t row = 0; row < row_sample.size(); ++row) {
      const SampleSpec& sample = *row_sample[row];
      if (const Modifier* m = find_modifier(sample, ModifierType::normsys, set.name); m && (m->low[0] != 1 || m->high[0] != 1))
        add_norm_entry(table, row, m->low[0], m->high[0]);
      if (const Modifier* m = find_modifier(sample, ModifierType::histosys, set.name))
        for (std::size_t b = 0; b < sample.nominal.size(); ++b) {
          const double odd = (m->high[b] - m->low[b]) / 2, even = (m->high[b] + m->low[b] - 2 * sample.nominal[b]) / 16;
          if (odd == 0 && even == 0) continue;
          table.shift_cell.push_back(table.row_cell[row] + static_cast<std::uint32_t>(b));
          table.shift_odd.push_back(odd);
          table.shift_even.push_back(even);
        }
    }
    entry.norm_end = static_cast<std::uint32_t>(table.norm_row.size());
    entry.shift_end = static_cast<std::uint32_t>(table.shift_cell.size());
    table.interpolated.push_back(entry);
  }
  return table;
}

}  // namespace

ShiftBasis shift_basis(HistosysCode code, double alpha) {
  const double size = std::abs(alpha), sign = alpha < 0 ? -1 : 1, square = alpha * alpha;
  if (code == HistosysCode::code0 || (code == HistosysCode::code4p && size >= 1)) return {8 * size, 8 * sign, 0};
  if (code == HistosysCode::code4p)
    return {square * (15 + square * (-10 + 3 * square)), alpha * (30 + square * (-40 + 18 * square)), 30 + square * (-120 + 90 * square)};
  if (size < 1) return {8 * square, 16 * alpha, 16};
  return {8 * (2 * size - 1), 16 * sign, 0};
}

HistFactory::HistFactory(const Workspace& workspace, const HistFactoryOptions& options) : options_(options) {
  std::vector<ParameterSet> sets = collect_sets(workspace);
  const Measurement& measurement = choose_measurement(workspace, options.measurement);
  for (ParameterSet& set : sets) {
    make_members(set, workspace);
    bool set_by_measurement = false;
    for (const ParameterSetting& setting : measurement.parameters) {
      if (setting.name != set.name) continue;
      apply_setting(set, setting);
      set_by_measurement = !setting.auxdata.empty() && !setting.sigmas.empty();
    }
    VALIDATE(set.type != ModifierType::lumi || set_by_measurement,
             "/measurements: '{}' has no auxdata and sigmas for the lumi parameter '{}' (its constraint is not defined), add both", measurement.name,
             set.name);
    set.first = parameters_.size();
    for (std::size_t i = 0; i < set.members.size(); ++i) {
      ModelParameter& p = set.members[i];
      p.set = set.name;
      p.name = one_per_bin(set.type) ? fmt::format("{}[{}]", set.name, i) : set.name;
      // tau x parameter is an expectation, which some data forbid to be 0.
      if (p.constraint == ConstraintKind::poisson && !p.fixed) p.low = std::max(p.low, least_poisson_parameter);
      VALIDATE(p.low <= p.init && p.init <= p.high, "measurement '{}', parameter '{}': the initial value {} is outside of [{}, {}], correct it",
               measurement.name, p.name, p.init, p.low, p.high);
      if (p.constraint != ConstraintKind::none) auxiliary_parameter_.push_back(static_cast<std::uint32_t>(parameters_.size()));
      parameters_.push_back(p);
    }
  }
  for (const ParameterSetting& setting : measurement.parameters)
    if (std::none_of(sets.begin(), sets.end(), [&](const ParameterSet& set) { return set.name == setting.name; }))
      notes_.push_back(fmt::format("measurement '{}' sets the parameter '{}', which no modifier defines: that has no effect", measurement.name, setting.name));
  table_ = make_table(workspace, sets);

  std::size_t first_bin = 0;
  for (const ChannelSpec& channel : workspace.channels) {
    channels_.push_back({channel.name, first_bin, channel.num_bins()});
    first_bin += channel.num_bins();
    const auto observation = workspace.observations.find(channel.name);
    if (observation == workspace.observations.end()) missing_observation_ = channel.name;
    else observed_main_.insert(observed_main_.end(), observation->second.begin(), observation->second.end());
  }
  const std::string poi = options.poi.empty() ? measurement.poi : options.poi;
  if (poi.empty()) return;
  std::vector<std::string> scalars;
  for (const ParameterSet& set : sets)
    if (!one_per_bin(set.type)) scalars.push_back(set.name);
  if (std::find(scalars.begin(), scalars.end(), poi) != scalars.end()) poi_ = find(poi);
  VALIDATE(poi_ != none || find(poi) == none,
           "/measurements: measurement '{}' has the parameter of interest '{}', which belongs to one bin (a signal strength scales all of them), name a normfactor",
           measurement.name, poi);
  VALIDATE(poi_ != none, "/measurements: measurement '{}' has the parameter of interest '{}', which no modifier defines{}", measurement.name, poi,
           suggestion(poi, scalars));
}

std::size_t HistFactory::find(const std::string& name) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].name == name) return i;
  return none;
}

std::vector<double> HistFactory::observed() const {
  VALIDATE(missing_observation_.empty(), "/observations: channel '{}' has no observation (nothing to fit it to), add it or run blind",
           missing_observation_);
  std::vector<double> data = observed_main_;
  for (const std::uint32_t p : auxiliary_parameter_) data.push_back(parameters_[p].auxiliary);
  return data;
}

std::vector<double> HistFactory::inits() const {
  std::vector<double> x;
  for (const ModelParameter& p : parameters_) x.push_back(p.init);
  return x;
}

}  // namespace umbra
