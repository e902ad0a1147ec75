#pragma once
// Training of trees by XGBoost's C API (arXiv:1603.02754), on one thread.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/learning/committee.h"
#include "src/learning/flat_forest.h"

namespace umbra {

/// What this build lacks to train trees; "" where it can. Trained ones predict in any build.
std::string xgboost_lacks();

/// Trees after `rounds` rounds; the sum of the leaves' values of a point, plus base_score, is XGBoost's margin.
/// @param parameters XGBoost's own names. Throws UserError with XGBoost's words, or where the build lacks it.
std::vector<TreeNodes> train_trees(const TrainingView& set, const std::vector<std::pair<std::string, std::string>>& parameters, int rounds);

}  // namespace umbra
