#pragma once
// The interface of what an entry of the job file's `parameters` list becomes where a one-dimensional prior does not do: parameters
// that are not sampled (fixed, same_as, derived), and several that are sampled together (correlated_normal).

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/column.h"
#include "src/base/registry.h"

namespace umbra {

/// What a block may know of the list that it stands in.
struct BlockContext {
  Column column;                 ///< name, label and unit of the entry (empty where the block has an option `names`)
  std::vector<Column> earlier;   ///< the parameters before it: those that it may use
  std::vector<std::string> all;  ///< the names of the whole list
  std::size_t unit = 0;          ///< place of its first coordinate in u; its first parameter is theta[earlier.size()]
};

class ParameterBlock {
 public:
  static constexpr const char* registry_noun = "prior";

  virtual ~ParameterBlock() = default;
  virtual std::unique_ptr<ParameterBlock> clone() const = 0;

  /// The parameters that it adds to theta.
  virtual std::vector<Column> columns() const = 0;
  /// How many coordinates of u it takes: none, or one for each parameter.
  virtual std::size_t dim() const { return 0; }

  /// Fills its part of theta, of which the earlier part is known. Both spans are whole.
  virtual void to_physical(std::span<const double> u, std::span<double> theta) const = 0;
  /// Fills its part of u.
  virtual void to_unit(std::span<const double> /*theta*/, std::span<double> /*u*/) const {}
  /// ln of the prior density of what it samples.
  virtual double log_density(std::span<const double> /*theta*/) const { return 0.0; }
};

using BlockRegistry = Registry<ParameterBlock, BlockContext>;

}  // namespace umbra
