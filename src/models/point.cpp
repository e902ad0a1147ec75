#include "src/models/point.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "src/base/error.h"
#include "src/space/names.h"

namespace umbra {
namespace {

void check_names(const std::vector<Column>& columns, Mark mark, Faults& faults) {
  for (const Column& c : columns) {
    // A model may make a part of ln L itself.
    const bool own_likelihood = c.role == Role::likelihood && c.name.starts_with("lnL_");
    if (!is_storable(c.name))
      faults.add(mark, fmt::format("'{}' cannot be the name of an output of the model (no dataset can have it), choose one without '/' and control characters", c.name));
    else if (is_reserved(c.name) && !own_likelihood)
      faults.add(mark, fmt::format("'{}' cannot be the name of an output of the model (the result has a column of its own of this name or prefix), choose another", c.name));
  }
}

// Which part of the model that was not run makes a likelihood NaN: the NaN goes where its columns have any number. Null: none does.
const Evaluation::NotRun* reason_of(const Constraint& constraint, std::span<const double> values, std::size_t first_observable, const std::vector<Evaluation::NotRun>& not_run) {
  std::vector<double> tried(values.begin(), values.end());
  const auto fill = [&](const Evaluation::NotRun& part, double value) {
    std::fill(tried.begin() + static_cast<std::ptrdiff_t>(first_observable + part.first), tried.begin() + static_cast<std::ptrdiff_t>(first_observable + part.end), value);
  };
  for (const double any : {1.0, -1.0, 1000.0}) {
    for (const Evaluation::NotRun& part : not_run) fill(part, any);
    if (std::isnan(constraint.log_likelihood(tried))) continue;
    for (const Evaluation::NotRun& part : not_run) {
      fill(part, std::numeric_limits<double>::quiet_NaN());
      if (std::isnan(constraint.log_likelihood(tried))) return &part;
      fill(part, any);
    }
  }
  return nullptr;
}


ParameterSpace read_space(const Config& job, Faults& faults) {
  const Config* parameters = job.find("parameters");
  const Config* preset = job.find("preset");
  if (preset && parameters) faults.add(preset->mark(), "the job file has both 'parameters' and 'preset', keep one of them");
  if (!preset && !parameters) faults.add(job.mark(), "'parameters' is missing: list the parameters to scan, or name a list with 'preset'");
  if (parameters) return ParameterSpace::read(*parameters, faults);
  if (!preset) return {};
  const std::size_t before = faults.size();
  const Config list = Presets::get(preset->text(), preset->mark(), faults);
  return faults.size() == before ? ParameterSpace::read(list, faults) : ParameterSpace{};
}

std::optional<Expression> read_require(const Config& require, const std::vector<std::string>& names, Faults& faults) {
  if (require.is_scalar()) return Expression(require.text(), names, require.mark(), "require", faults);
  faults.add(require.mark(), fmt::format("require: expected an expression of parameters such as \"abs(mu) > 80\", found {}", Config::describe(require.kind())));
  return {};
}

std::unique_ptr<Evaluator> read_model(const Config& job, const std::vector<std::string>& names, Faults& faults) {
  const Config* model = job.find("model");
  if (!model) {
    faults.add(job.mark(), "'model' is missing: say what to evaluate (see `umbra list models`)");
    return nullptr;
  }
  const Config* type = model->find("type");
  if (names.empty() && type && ModelRegistry::instance().entries().contains(type->text())) return nullptr;  // it may need parameters, which are a fault already
  return ModelRegistry::instance().make(*model, faults, ModelContext{names});
}

}  // namespace

std::optional<PointEvaluator> PointEvaluator::read(const Config& job, Faults& faults) {
  const std::size_t before = faults.size();
  PointEvaluator p;
  p.space_ = read_space(job, faults);
  const bool good_space = faults.size() == before;
  // A faulty part hides no fault of the next: its names serve as far as they are known.
  const std::vector<std::string>& names = p.space_.names();
  if (const Config* require = job.find("require")) {
    std::vector<std::string> known = names;
    if (names.empty()) add_identifiers(require->text(), known);
    p.require_ = read_require(*require, known, faults);
  }
  p.model_ = read_model(job, names, faults);
  const Config* constraints = job.find("constraints");
  if (!p.model_) {
    if (constraints) read_constraints(*constraints, {.columns = names, .complete = false}, faults);
    return {};
  }
  check_names(p.model_->columns(), job.find("model")->mark(), faults);

  for (const std::string& name : p.space_.unit_names()) p.columns_.push_back({"u_" + name, "", "", Role::bookkeeping});
  p.columns_.insert(p.columns_.end(), p.space_.columns().begin(), p.space_.columns().end());
  p.first_observable_ = p.columns_.size();
  p.columns_.insert(p.columns_.end(), p.model_->columns().begin(), p.model_->columns().end());
  p.first_constraint_ = p.columns_.size();

  ConstraintContext context;
  for (std::size_t i = p.space_.dim(); i < p.columns_.size(); ++i) context.columns.push_back(p.columns_[i].name);
  if (constraints) p.constraints_ = read_constraints(*constraints, context, faults);
  for (const auto& c : p.constraints_) p.columns_.push_back({"lnL_" + c->name(), "", "\\ln L", Role::likelihood});
  p.columns_.push_back({"log_likelihood", "", "\\ln L", Role::likelihood});

  std::set<std::string> seen;
  for (const Column& c : good_space ? p.columns_ : std::vector<Column>{})
    if (!seen.insert(c.name).second) faults.add(job.find("model")->mark(), fmt::format("two columns are called '{}': rename the parameter or constraint of that name", c.name));
  for (std::size_t i = p.first_observable_; i < p.first_constraint_; ++i)
    if (p.columns_[i].role == Role::likelihood) p.model_likelihoods_.push_back(i);
  if (faults.size() != before) return {};
  return p;
}

void PointEvaluator::describe(std::span<const double> u, std::vector<double>& row) const {
  EXPECT(u.size() == dim());
  row.assign(columns_.size(), std::numeric_limits<double>::quiet_NaN());
  std::copy(u.begin(), u.end(), row.begin());
  space_.to_physical(u, std::span(row).subspan(dim(), space_.size()));
}

Evaluation PointEvaluator::evaluate(std::span<const double> u, RandomStream& stream, std::vector<double>& row) {
  describe(u, row);
  const std::span<const double> theta(row.data() + dim(), space_.size());
  if (require_ && !require_->is_true(theta)) return {Status::skipped, {}};
  Evaluation result = model_->evaluate(theta, stream, std::span(row).subspan(first_observable_, first_constraint_ - first_observable_));
  return result.status == Status::ok ? judge(row, result.not_run) : result;
}

Evaluation PointEvaluator::judge(std::vector<double>& row, const std::vector<Evaluation::NotRun>& not_run) const {
  const std::span<const double> values(row.data() + dim(), first_constraint_ - dim());
  double sum = 0.0;
  std::size_t culprit = row.size();
  const Evaluation::NotRun* missing = nullptr;
  const auto add = [&](std::size_t column) {
    const double x = row[column];
    if (culprit == row.size() && (std::isnan(x) || x == std::numeric_limits<double>::infinity())) culprit = column;
    sum += x;
  };
  for (const std::size_t column : model_likelihoods_) add(column);
  for (std::size_t i = 0; i < constraints_.size(); ++i) {
    double& ln_l = row[first_constraint_ + i];
    ln_l = constraints_[i]->log_likelihood(values);
    if (std::isnan(ln_l) && !not_run.empty())
      if (const auto* reason = reason_of(*constraints_[i], values, first_observable_ - dim(), not_run)) {
        if (!missing) missing = reason;
        continue;
      }
    add(first_constraint_ + i);
  }
  if (culprit < row.size()) return {Status::not_finite, fmt::format("{} is {}", columns_[culprit].name, row[culprit])};
  if (missing) return {Status::skipped, missing->why};
  row.back() = sum;
  return {};
}

}  // namespace umbra
