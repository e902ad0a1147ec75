#pragma once
// The results of toys for summary.json and /summary.

#include <string>

#include "src/statistics/toy_ensemble.h"

namespace umbra {

/// A JSON object: `hypotheses`, `upper_limit`, `discovery`, `interval`, `goodness_of_fit`, as far as the ensemble has them. Of several patches: these in
/// each entry of `patches`, and `global`.
std::string toy_results(const ToyEnsemble& ensemble, double confidence);

}  // namespace umbra
