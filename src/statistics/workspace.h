#pragma once
// What a HistFactory workspace says, after its faults have been found: channels of samples of modifiers, observations, measurements.
// HistFactory: CERN-OPEN-2012-016. The JSON layout: ATL-PHYS-PUB-2019-029 (schema 1.0.0).

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace umbra {

enum class ModifierType { histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror };

/// How a set of parameters with one element per bin is constrained: pyhf has shapesys Poisson and staterror normal, HS3 says it for each.
enum class ConstraintChoice { usual, normal, poisson };

struct Modifier {
  std::string name;
  ModifierType type = ModifierType::normfactor;
  std::vector<double> low;   ///< histosys: [bins] rates at alpha = -1; normsys: [1] factor at alpha = -1
  std::vector<double> high;  ///< the same at alpha = +1; shapesys and staterror: [bins] absolute uncertainties
  ConstraintChoice constraint = ConstraintChoice::usual;

  bool operator==(const Modifier&) const = default;
};

struct SampleSpec {
  std::string name;
  std::vector<double> nominal;  ///< [bins] expected events
  std::vector<Modifier> modifiers;

  bool operator==(const SampleSpec&) const = default;
};

struct ChannelSpec {
  std::string name;
  std::vector<SampleSpec> samples;
  std::size_t num_bins() const { return samples.empty() ? 0 : samples.front().nominal.size(); }
};

/// What a measurement says about one parameter (or one set of them, one element per bin, or one element of a set); empty: the default holds.
struct ParameterSetting {
  std::string name;
  std::optional<std::size_t> element = {};
  std::vector<double> inits, auxdata, sigmas, factors;
  std::vector<std::pair<double, double>> bounds;
  std::optional<bool> fixed;
};

struct Measurement {
  std::string name;
  std::string poi;  ///< name of the parameter of interest; may be "" for a model without one
  std::vector<ParameterSetting> parameters;
};

struct Workspace {
  std::vector<ChannelSpec> channels;  ///< sorted by name, their samples too
  std::map<std::string, std::vector<double>> observations;
  std::vector<Measurement> measurements;
};

/// Reads a pyhf workspace, or an HS3 document (told by its key `distributions`). Throws UserError with the JSON path of the first fault.
Workspace read_workspace(const nlohmann::json& document);

/// Reads the HistFactory part of an HS3 document (HEP Statistics Serialization Standard 0.2): distributions of type histfactory_dist, binned data,
/// the likelihood of an analysis, its parameters of interest, domains and parameter points. Each analysis becomes a measurement.
Workspace read_hs3(const nlohmann::json& document);

/// Faults that do not depend on the layout of the file: lengths, negative or non-finite numbers, names used twice. Both readers end here.
void check_workspace(const Workspace& workspace);

}  // namespace umbra
