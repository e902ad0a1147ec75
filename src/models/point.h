#pragma once
// One point from u to its row: parameters, `require`, model, constraints, log-likelihood.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/base/column.h"
#include "src/base/config.h"
#include "src/base/random.h"
#include "src/base/status.h"
#include "src/models/evaluator.h"
#include "src/space/constraint.h"
#include "src/space/expression.h"
#include "src/space/parameter_space.h"

namespace umbra {

/// Evaluates points for scans, learning and checks. One per thread.
/// A row is [u_<name> x dim, theta x size, model's columns, lnL_<name> of each constraint, log_likelihood]; log_likelihood is the sum of the
/// model's columns of role likelihood and of the constraints. What could not be computed is NaN.
class PointEvaluator {
 public:
  /// Reads the keys parameters | preset, require, model and constraints of a job file. Usable only where no fault was added.
  static std::optional<PointEvaluator> read(const Config& job, Faults& faults);

  const ParameterSpace& space() const { return space_; }
  const std::vector<Column>& columns() const { return columns_; }
  std::size_t dim() const { return space_.dim(); }

  /// @param u [dim]; @param row resized to [columns]
  /// @return ok, or why the point has no likelihood: `skipped` where `require` is false or a constraint needs what the model did not run, not_finite where the
  ///         likelihood is NaN or +inf, or what the model says. A likelihood of zero (-inf) is ok.
  Evaluation evaluate(std::span<const double> u, RandomStream& stream, std::vector<double>& row);

  /// The row of a point that is not evaluated: u and theta, all else NaN.
  void describe(std::span<const double> u, std::vector<double>& row) const;

 private:
  PointEvaluator() = default;
  Evaluation judge(std::vector<double>& row, const std::vector<Evaluation::NotRun>& not_run) const;

  ParameterSpace space_;
  std::optional<Expression> require_;
  std::unique_ptr<Evaluator> model_;
  std::vector<std::unique_ptr<Constraint>> constraints_;
  std::vector<Column> columns_;
  std::vector<std::size_t> model_likelihoods_;  ///< positions in a row
  std::size_t first_observable_ = 0;
  std::size_t first_constraint_ = 0;
};

}  // namespace umbra
