#pragma once
// What all test functions share: they take every parameter in order, and make the one column lnL_model.

#include <limits>
#include <string>
#include <vector>

#include "src/models/evaluator.h"
#include "src/models/reference_problem.h"

namespace umbra {

/// A model that is itself a likelihood. Functions that are minimised give ln L = -f.
class FunctionModel : public Evaluator {
 public:
  /// Throws UserError where the function has no form in this many dimensions.
  FunctionModel(const ModelContext& context, std::size_t min_dim = 1, std::size_t max_dim = std::numeric_limits<std::size_t>::max());

  const std::vector<Column>& columns() const final { return columns_; }
  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) final;

 protected:
  std::size_t dim() const { return dim_; }

 private:
  virtual double log_likelihood(std::span<const double> x) const = 0;

  std::size_t dim_;
  std::vector<Column> columns_;
};

/// For functions without options.
struct NoOptions {};

}  // namespace umbra
