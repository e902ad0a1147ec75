#include "src/learning/flat_forest.h"

#include <sstream>

#include "src/base/error.h"
#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

/// A full tree of this depth with random splits; nodes in depth-first order, as trainers make them.
TreeNodes random_tree(std::uint64_t id, int depth, std::uint32_t dim) {
  RandomStream stream(1, Purpose::test, id);
  TreeNodes t;
  const auto grow = [&](const auto& self, int left) -> std::int32_t {
    const auto at = static_cast<std::int32_t>(t.left.size());
    t.left.push_back(-1);
    t.right.push_back(-1);
    t.feature.push_back(static_cast<std::uint32_t>(stream.index(dim)));
    t.threshold.push_back(static_cast<float>(stream.uniform()));
    if (left == 0 || stream.uniform() < 0.2) return at;
    const std::int32_t l = self(self, left - 1), r = self(self, left - 1);
    t.left[static_cast<std::size_t>(at)] = l;
    t.right[static_cast<std::size_t>(at)] = r;
    return at;
  };
  grow(grow, depth);
  return t;
}

float leaf_of(const TreeNodes& t, const float* x) {
  std::size_t at = 0;
  while (t.left[at] >= 0) at = static_cast<std::size_t>(x[t.feature[at]] < t.threshold[at] ? t.left[at] : t.right[at]);
  return t.threshold[at];
}

}  // namespace

TEST_CASE("the flat forest gives the leaves of its trees, in batches of any size, and after a journey to disk") {
  constexpr std::size_t dim = 5, trees = 13;
  FlatForest forest(FlatForest::Output{.base = 0.25f, .low = -10.0f, .high = 10.0f});
  std::vector<TreeNodes> nodes;
  for (std::size_t t = 0; t < trees; ++t) {
    nodes.push_back(random_tree(t, static_cast<int>(t), dim));
    forest.add(nodes.back());
  }
  std::stringstream bytes;
  forest.save(bytes);
  const FlatForest loaded = FlatForest::load(bytes);
  for (const std::size_t n : {1, 3, 8, 9, 100}) {
    std::vector<float> x(n * dim), votes(n * (trees + 2), -1.0f), again = votes;
    RandomStream stream(2, Purpose::test, n);
    for (float& v : x) v = static_cast<float>(stream.uniform());
    forest.predict(x, dim, votes, trees + 2);
    loaded.predict(x, dim, again, trees + 2);
    CHECK(votes == again);
    bool same = true;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t t = 0; t < trees; ++t) same &= votes[i * (trees + 2) + t] == 0.25f + leaf_of(nodes[t], &x[i * dim]);
      same &= votes[i * (trees + 2) + trees] == -1.0f;  // other voters' columns
    }
    CHECK(same);
  }
}

TEST_CASE("ensembles of trees sum to one vote, and damaged forests are refused") {
  FlatForest forest(FlatForest::Output{.trees_per_vote = 2, .base = 1.0f, .logistic = true});
  std::vector<TreeNodes> nodes;
  for (std::size_t t = 0; t < 4; ++t) forest.add(nodes.emplace_back(random_tree(50 + t, 3, 2)));
  REQUIRE(forest.votes() == 2);
  const float x[2] = {0.3f, 0.8f};
  float votes[2];
  forest.predict(x, 2, votes, 2);
  for (std::size_t v = 0; v < 2; ++v)
    CHECK(votes[v] == Approx(1.0 / (1.0 + std::exp(-(1.0 + leaf_of(nodes[2 * v], x) + leaf_of(nodes[2 * v + 1], x))))).margin(1e-6));
  std::stringstream bytes;
  forest.save(bytes);
  std::string text = bytes.str();
  for (std::size_t at = text.size() / 3; at < text.size(); at += 7) {  // no altered byte may lead out of the trees
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 0x55);
    std::istringstream in(altered);
    try {
      FlatForest::load(in).predict(x, 2, votes, 2);
    } catch (const UserError&) {
      continue;
    }
  }
}
