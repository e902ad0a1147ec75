// Boosted trees (Friedman, doi:10.1214/aos/1013203451) from several seeds: each ensemble of trees is a member.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/learning/committees/forest_voters.h"
#include "src/learning/xgboost.h"

namespace umbra {
namespace {

class Boosted final : public Committee {
 public:
  struct Options {
    std::size_t members = 10;
    int rounds = 200;
    int max_depth = 6;
    double learning_rate = 0.1;
    double subsample = 0.5;
    double features = 0.8;
    double lambda = 1.0;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("members", &Options::members, "how many ensembles vote, each of another seed", at_least(2));
    o.add("rounds", &Options::rounds, "trees of an ensemble", between(1, 100000));
    o.add("max_depth", &Options::max_depth, "depth of a tree", between(1, 19));
    o.add("learning_rate", &Options::learning_rate, "share of a tree's correction that is taken", between(1e-4, 1.0));
    o.add("subsample", &Options::subsample, "share of the points that a tree sees", between(0.01, 1.0));
    o.add("features", &Options::features, "share of the parameters that a node may split on", between(0.01, 1.0));
    o.add("lambda", &Options::lambda, "how strongly leaves are held back", at_least(0.0));
    return o;
  }

  Boosted(const Options& options, const CommitteeContext& context) : options_(options), context_(context) {
  }

  std::string lacks() const override { return xgboost_lacks(); }
  std::size_t parts() const override { return options_.members; }

  std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t part, std::uint64_t version) const override {
    const double mean = std::accumulate(set.y.begin(), set.y.end(), 0.0) / static_cast<double>(set.size());
    const double share = std::clamp(mean, 1e-6, 1.0 - 1e-6);
    FlatForest::Output output{.trees_per_vote = static_cast<std::uint32_t>(options_.rounds), .base = static_cast<float>(mean)};
    if (context_.classes) {
      output.base = static_cast<float>(std::log(share / (1.0 - share)));
      output.logistic = true;
    } else {
      output.low = -std::numeric_limits<float>::infinity(), output.high = std::numeric_limits<float>::infinity();
    }
    FlatForest forest(output);
    for (const TreeNodes& tree : train_trees(set,
                                             {{"tree_method", "hist"},
                                              {"objective", context_.classes ? "binary:logistic" : "reg:squarederror"},
                                              {"base_score", fmt::format("{}", context_.classes ? share : mean)},
                                              {"eta", fmt::format("{}", options_.learning_rate)},
                                              {"lambda", fmt::format("{}", options_.lambda)},
                                              {"max_depth", std::to_string(options_.max_depth)},
                                              {"subsample", fmt::format("{}", options_.subsample)},
                                              {"colsample_bynode", fmt::format("{}", options_.features)},
                                              {"seed", tree_seed(context_.seed, version, part)}},
                                             options_.rounds))
      forest.add(tree);
    return std::make_unique<ForestVoters>(std::move(forest));
  }

  std::unique_ptr<Voters> load(std::istream& in, std::size_t) const override { return std::make_unique<ForestVoters>(FlatForest::load(in)); }

 private:
  Options options_;
  CommitteeContext context_;
};

[[maybe_unused]] const bool registered = CommitteeRegistry::instance().add<Boosted>("boosted", "boosted trees from several seeds; sharper than a forest, fewer votes", "doi:10.1214/aos/1013203451");

}  // namespace
}  // namespace umbra
