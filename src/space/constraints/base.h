#pragma once
// What the constraints share: their common keys, their name, and how they read quantities that may depend on the point.

#include <string>
#include <vector>

#include "src/base/options.h"
#include "src/space/constraint.h"
#include "src/space/constraints/quantity.h"

namespace umbra {

/// The keys of every constraint.
struct ConstraintOptions {
  std::string name;
  std::string source;
};
/// The keys of a constraint on one quantity.
struct ColumnOptions : ConstraintOptions {
  std::string column;
};

template <class O>
OptionSet<O> constraint_options() {
  return OptionSet<O>()
      .add("name", static_cast<std::string O::*>(&O::name), "name of its column lnL_<name>; made from the columns that it uses if not given")
      .add("source", static_cast<std::string O::*>(&O::source), "where the numbers are from, kept with the job in the result");
}
template <class O>
OptionSet<O> column_options() {
  return constraint_options<O>().add("column", static_cast<std::string O::*>(&O::column), "the column, or expression of columns, that it is on",
                                     required());
}

/// The error of a measurement and that of the prediction, in quadrature.
class Error {
 public:
  Error(Quantity sigma, Quantity theory);
  /// Above zero, or NaN where it cannot be computed.
  double operator()(std::span<const double> values) const { return fixed_ ? *fixed_ : compute(values); }
  std::optional<double> constant() const { return fixed_; }

 private:
  double compute(std::span<const double> values) const;

  Quantity sigma_, theory_;
  std::optional<double> fixed_;
};

/// Reads the options of one constraint and keeps their faults until finish().
class ConstraintReader {
 public:
  explicit ConstraintReader(const ConstraintContext& context) : context_(context) {}

  Quantity quantity(const std::string& text, const std::string& what) { return Quantity(text, context_, what, faults_); }
  /// As a quantity, but a constant below zero is a fault.
  Quantity size(const std::string& text, const std::string& what);
  /// Texts of both sizes. @param needed whether both being zero is a fault
  Error error(const std::string& sigma, const std::string& theory, bool needed, const std::string& what = "sigma");
  void check(bool condition, const std::string& fault);
  /// `given` if there is one (checked), else made from the columns that `on` uses.
  std::string name(const std::string& given, const Quantity& on);
  /// Throws UserError with all faults, if there are any.
  void finish() const;

 private:
  const ConstraintContext& context_;
  Faults faults_;
};

/// A constraint on one quantity: a column or an expression.
class ColumnConstraint : public Constraint {
 public:
  const std::string& name() const final { return name_; }
  const std::string& source() const final { return source_; }
  double log_likelihood(std::span<const double> values) const final { return at(on_(values), values); }

 protected:
  /// @param key the option that `on` is the text of
  ColumnConstraint(const ConstraintOptions& options, const std::string& on, ConstraintReader& reader, const char* key = "column")
      : on_(reader.quantity(on, key)), name_(reader.name(options.name, on_)), source_(options.source) {}

  /// ln L at the quantity x, NaN where x or another input is NaN.
  virtual double at(double x, std::span<const double> values) const = 0;

 private:
  Quantity on_;
  std::string name_, source_;
};

}  // namespace umbra
