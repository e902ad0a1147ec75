#include "src/learning/xgboost.h"

#ifdef UMBRA_HAVE_XGBOOST
#include <xgboost/c_api.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#endif

namespace umbra {

#ifndef UMBRA_HAVE_XGBOOST

std::string xgboost_lacks() {
  return "this build has no XGBoost, which trains forests and boosted trees: install it (Debian: libxgboost-dev) and build again, or use the committee networks or dropout";
}

std::vector<TreeNodes> train_trees(const TrainingView&, const std::vector<std::pair<std::string, std::string>>&, int) {
  throw UserError(xgboost_lacks());
}

#else

namespace {

void check(int result) {
  if (result == 0) return;
  const std::string text = XGBGetLastError();
  throw UserError("XGBoost: " + text.substr(0, text.find("\nStack trace")));
}

using Owned = std::unique_ptr<void, int (*)(void*)>;

TreeNodes read_tree(const nlohmann::json& tree) {
  TreeNodes nodes;
  tree.at("left_children").get_to(nodes.left);
  tree.at("right_children").get_to(nodes.right);
  tree.at("split_indices").get_to(nodes.feature);
  tree.at("split_conditions").get_to(nodes.threshold);
  return nodes;
}

}  // namespace

std::string xgboost_lacks() { return {}; }

std::vector<TreeNodes> train_trees(const TrainingView& set, const std::vector<std::pair<std::string, std::string>>& parameters, int rounds) {
  DMatrixHandle data = nullptr;
  check(XGDMatrixCreateFromMat_omp(set.x.data(), set.size(), set.dim, std::numeric_limits<float>::quiet_NaN(), &data, 1));
  const Owned own_data(data, XGDMatrixFree);
  check(XGDMatrixSetFloatInfo(data, "label", set.y.data(), set.size()));
  BoosterHandle booster = nullptr;
  check(XGBoosterCreate(&data, 1, &booster));
  const Owned own_booster(booster, XGBoosterFree);
  for (const auto& [name, value] : parameters) check(XGBoosterSetParam(booster, name.c_str(), value.c_str()));
  check(XGBoosterSetParam(booster, "nthread", "1"));
  check(XGBoosterSetParam(booster, "verbosity", "0"));
  for (int i = 0; i < rounds; ++i) check(XGBoosterUpdateOneIter(booster, i, data));

  bst_ulong size = 0;
  const char* bytes = nullptr;
  check(XGBoosterSaveModelToBuffer(booster, R"({"format": "ubj"})", &size, &bytes));
  const auto model = nlohmann::json::from_ubjson(bytes, bytes + size);
  std::vector<TreeNodes> trees;
  for (const auto& tree : model.at("learner").at("gradient_booster").at("model").at("trees")) trees.push_back(read_tree(tree));
  return trees;
}

#endif

}  // namespace umbra
