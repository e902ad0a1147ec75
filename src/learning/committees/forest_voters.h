#pragma once
// A forest as voters: what committees of trees share.

#include <memory>
#include <string>

#include "src/base/random.h"
#include "src/learning/committee.h"
#include "src/learning/flat_forest.h"

namespace umbra {

class ForestVoters final : public Voters {
 public:
  explicit ForestVoters(FlatForest forest) : forest_(std::move(forest)) {}
  std::size_t votes() const override { return forest_.votes(); }
  void predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const override { forest_.predict(x, dim, votes, stride); }
  void save(std::ostream& out) const override { forest_.save(out); }

 private:
  FlatForest forest_;
};

/// XGBoost's seeds are of 31 bits: one for (seed, version, part).
inline std::string tree_seed(std::uint64_t seed, std::uint64_t version, std::size_t part) {
  return std::to_string(RandomStream(seed, Purpose::train, version, part)() >> 33);
}

}  // namespace umbra
