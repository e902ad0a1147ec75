// A random forest (Breiman, doi:10.1023/A:1010933404324): each tree sees a part of the points, each node a part of the parameters. A tree is a member,
// its vote the share of class 1 in the leaf.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/learning/committees/forest_voters.h"
#include "src/learning/xgboost.h"

namespace umbra {
namespace {

class Forest final : public Committee {
 public:
  struct Options {
    std::size_t trees = 200;
    std::size_t trees_per_part = 20;
    double subsample = 0.632;
    double features = 0.0;
    std::size_t min_leaf = 1;
    int max_depth = 0;
    int bins = 256;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("trees", &Options::trees, "how many trees vote", at_least(2));
    o.add("trees_per_part", &Options::trees_per_part, "trees that one rank trains in one go", at_least(1));
    o.add("subsample", &Options::subsample, "share of the points that a tree sees, drawn without putting back (.632: what a bootstrap sees)", between(0.01, 1.0));
    o.add("features", &Options::features, "share of the parameters that a node may split on; 0: half of them, but the square root of their number where that is more", between(0.0, 1.0));
    o.add("min_leaf", &Options::min_leaf, "points that a leaf has at least", at_least(1));
    o.add("max_depth", &Options::max_depth, "depth of a tree; 0: until leaves are pure", at_least(0));
    o.add("bins", &Options::bins, "between how many values of a parameter a node chooses its split", between(2, 65536));
    return o;
  }

  Forest(const Options& options, const CommitteeContext& context) : options_(options), context_(context) {
    const auto dim = static_cast<double>(context.dim);
    if (options_.features == 0.0) options_.features = std::min(1.0, std::max(0.5, std::sqrt(dim) / dim));
  }

  std::string lacks() const override { return xgboost_lacks(); }
  std::size_t parts() const override { return (options_.trees + options_.trees_per_part - 1) / options_.trees_per_part; }

  std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t part, std::uint64_t version) const override {
    const std::size_t trees = std::min(options_.trees_per_part, options_.trees - part * options_.trees_per_part);
    // The square of the error splits classes as Gini's impurity does, and its leaves are means.
    const float mean = static_cast<float>(std::accumulate(set.y.begin(), set.y.end(), 0.0) / static_cast<double>(set.size()));
    FlatForest::Output output{.base = mean};
    if (!context_.classes) output.low = -std::numeric_limits<float>::infinity(), output.high = std::numeric_limits<float>::infinity();
    FlatForest forest(output);
    for (TreeNodes& tree : train_trees(set,
                                       {{"tree_method", "hist"},
                                        {"objective", "reg:squarederror"},
                                        {"base_score", fmt::format("{}", mean)},
                                        {"num_parallel_tree", std::to_string(trees)},
                                        {"eta", "1"},
                                        {"lambda", "0"},
                                        {"min_child_weight", std::to_string(options_.min_leaf)},
                                        {"max_depth", std::to_string(options_.max_depth)},
                                        {"max_bin", std::to_string(options_.bins)},
                                        {"subsample", fmt::format("{}", options_.subsample)},
                                        {"colsample_bynode", fmt::format("{}", options_.features)},
                                        {"seed", tree_seed(context_.seed, version, part)}},
                                       1)) {
      // XGBoost makes the sum of the trees the prediction; here each votes alone.
      for (std::size_t i = 0; i < tree.left.size(); ++i)
        if (tree.left[i] < 0) tree.threshold[i] *= static_cast<float>(trees);
      forest.add(tree);
    }
    return std::make_unique<ForestVoters>(std::move(forest));
  }

  std::unique_ptr<Voters> load(std::istream& in, std::size_t) const override { return std::make_unique<ForestVoters>(FlatForest::load(in)); }

 private:
  Options options_;
  CommitteeContext context_;
};

[[maybe_unused]] const bool registered = CommitteeRegistry::instance().add<Forest>("forest", "a random forest: each tree votes; good without tuning", "doi:10.1023/A:1010933404324");

}  // namespace
}  // namespace umbra
