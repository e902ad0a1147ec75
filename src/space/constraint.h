#pragma once
// The interface of a constraint: columns of a point in, one lnL_<name> out.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/registry.h"
#include "src/space/named_lists.h"

namespace umbra {

/// The columns that a constraint may use: parameters and observables, in this order.
struct ConstraintContext {
  std::vector<std::string> columns;
  bool complete = true;  ///< false: there may be others (the model is faulty); constraints are then checked, and not to be used
};

/// Used by one thread at a time.
class Constraint {
 public:
  static constexpr const char* registry_noun = "constraint";

  virtual ~Constraint() = default;

  /// Name of its column without the lnL_ in front: the job file's `name`, else the column it is on, else made from its expression.
  virtual const std::string& name() const = 0;
  /// Where its numbers are from, as the job file says; "" if it does not.
  virtual const std::string& source() const = 0;
  /// @param values [num_columns] in the order of ConstraintContext::columns
  /// @return ln L: -inf where excluded; NaN where an input is NaN
  virtual double log_likelihood(std::span<const double> values) const = 0;
};

using ConstraintRegistry = Registry<Constraint, ConstraintContext>;

struct ConstraintSetKind {
  static constexpr const char* noun = "constraint set";
};
/// Ready lists of constraints; `{include: survey}` in a list stands for all of one.
using ConstraintSets = NamedLists<ConstraintSetKind>;

/// Reads the job file's `constraints` list; `include` entries are expanded, and names that are not given made unique (a second m_h
/// becomes m_h_2).
std::vector<std::unique_ptr<Constraint>> read_constraints(const Config& list, const ConstraintContext& context, Faults& faults);

}  // namespace umbra
