#include "src/models/functions/function_model.h"

#include "src/base/error.h"

namespace umbra {

FunctionModel::FunctionModel(const ModelContext& context, std::size_t min_dim, std::size_t max_dim)
    : dim_(context.parameters.size()), columns_{{"lnL_model", "", "\\ln L", Role::likelihood}} {
  VALIDATE(dim_ >= min_dim, "the function needs at least {} parameter{}, the job has {} (the function takes all of them), add more", min_dim,
           min_dim == 1 ? "" : "s", dim_);
  VALIDATE(dim_ <= max_dim, "the function takes {} parameters, the job has {} (the function takes all of them), remove some", max_dim, dim_);
}

Evaluation FunctionModel::evaluate(std::span<const double> theta, RandomStream&, std::span<double> row) {
  EXPECT(theta.size() == dim_ && row.size() == 1);
  row[0] = log_likelihood(theta);
  return {};
}

}  // namespace umbra
