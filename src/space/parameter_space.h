#pragma once
// Named parameters with unit, label and prior: the map between the unit cube u and the physical theta.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/column.h"
#include "src/base/config.h"
#include "src/space/named_lists.h"

namespace umbra {

/// theta lists every parameter in the order of the job file: sampled ones, fixed ones, tied ones (same_as) and derived ones (by
/// expression). u has one coordinate for each sampled one. A copy is needed per thread (expressions keep state).
/// An entry of the list is a map. Its key `prior` names a Prior (PriorRegistry; `flat` where it is left out) or a ParameterBlock
/// (BlockRegistry; a key `same_as`, `value` or `expression` alone says same_as, fixed or derived), whose options are keys of the same map,
/// beside name, label, unit and, for a Prior with finite ends, `periodic: true`.
class ParameterSpace {
 public:
  ParameterSpace();
  ParameterSpace(const ParameterSpace&);
  ParameterSpace(ParameterSpace&&) noexcept;
  ParameterSpace& operator=(ParameterSpace);
  ~ParameterSpace();

  /// Reads the job file's `parameters` list. All faults are added to `faults`; the result is usable only where there are none.
  static ParameterSpace read(const Config& parameters, Faults& faults);

  std::size_t dim() const;                             ///< length of u
  std::size_t size() const;                            ///< length of theta
  const std::vector<Column>& columns() const;          ///< [size] name, unit, label; role parameter
  const std::vector<std::string>& names() const;       ///< [size]
  const std::vector<std::string>& unit_names() const;  ///< [dim] names of the sampled parameters
  const std::vector<bool>& periodic() const;           ///< [dim]
  const std::vector<double>& lengths() const;          ///< [dim] Prior::length of each sampled parameter; NaN where it has none

  /// @param u [dim] in [0, 1]; @param theta [size] out
  void to_physical(std::span<const double> u, std::span<double> theta) const;
  /// The inverse for the sampled parameters. @param theta [size]; @param u [dim] out. Values outside a prior's support go to the nearest end.
  void to_unit(std::span<const double> theta, std::span<double> u) const;
  /// Whether every sampled parameter lies within its prior's support (of positive density). @param theta [size]
  bool contains(std::span<const double> theta) const;
  /// ln of the joint prior density of the sampled parameters at theta [size].
  double log_density(std::span<const double> theta) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct PresetKind {
  static constexpr const char* noun = "preset";
};
/// Ready parameter lists (`preset: pmssm19`): a name to the `parameters` list that it stands for.
using Presets = NamedLists<PresetKind>;

}  // namespace umbra
