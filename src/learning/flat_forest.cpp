#include "src/learning/flat_forest.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/samplers/archive.h"

namespace umbra {
namespace {

constexpr std::uint32_t leaf_bit = std::uint32_t{1} << 31;
constexpr unsigned child_bits = 20;
constexpr std::uint32_t child_mask = (std::uint32_t{1} << child_bits) - 1;
constexpr std::uint32_t feature_mask = (std::uint32_t{1} << 11) - 1;

}  // namespace

void FlatForest::add(const TreeNodes& tree) {
  const std::size_t size = tree.left.size();
  EXPECT(size > 0 && tree.right.size() == size && tree.feature.size() == size && tree.threshold.size() == size);
  VALIDATE(size <= child_mask, "a tree has {} nodes, and at most {} fit: give the committee a max_depth or a larger min_leaf", size, child_mask);
  const std::size_t root = nodes_.size();
  std::vector<std::int32_t> order = {0};
  order.reserve(size);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto from = static_cast<std::size_t>(order[i]);
    const bool leaf = tree.left[from] < 0;
    const std::uint32_t feature = leaf ? 0 : tree.feature[from];
    VALIDATE(feature <= feature_mask, "{} parameters are more than the {} that a tree can have", feature, feature_mask);
    features_ = std::max(features_, feature + 1);
    const auto child = static_cast<std::uint32_t>(leaf ? i : order.size());
    nodes_.push_back({tree.threshold[from], (leaf ? leaf_bit : 0) | feature << child_bits | child});
    if (leaf) continue;
    order.push_back(tree.left[from]);
    order.push_back(tree.right[from]);
  }
  trees_.push_back({root, static_cast<std::uint32_t>(nodes_.size() - root)});
}

// All lanes go down one level at a time, so that the processor waits for several nodes at once; a lane at a leaf stays there.
void FlatForest::walk(const Node* const (&tree)[lanes], const float* const (&x)[lanes], float (&leaf)[lanes]) {
  std::uint32_t at[lanes] = {};
  for (bool moving = true; moving;) {
    std::uint32_t all_leaves = leaf_bit;
    for (int level = 0; level < 2; ++level)
      for (std::size_t l = 0; l < lanes; ++l) {
        const Node node = tree[l][at[l]];
        const std::uint32_t right = static_cast<std::uint32_t>(!(x[l][node.link >> child_bits & feature_mask] < node.value)) & ~(node.link >> 31);
        at[l] = (node.link & child_mask) + right;
        all_leaves &= node.link;
      }
    moving = !(all_leaves & leaf_bit);
  }
  for (std::size_t l = 0; l < lanes; ++l) leaf[l] = tree[l][at[l]].value;
}

void FlatForest::predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const {
  EXPECT(dim >= features_);
  const std::size_t n = x.size() / dim;
  const Node* trees[lanes];
  const float* points[lanes];
  float leaf[lanes];
  for (std::size_t i = 0; i < n; ++i) std::fill_n(&votes[i * stride], this->votes(), output_.base);
  if (n < lanes) {  // one point, several trees
    for (std::size_t i = 0; i < n; ++i) {
      std::fill_n(points, lanes, &x[i * dim]);
      for (std::size_t t = 0; t < trees_.size(); t += lanes) {
        for (std::size_t l = 0; l < lanes; ++l) trees[l] = &nodes_[trees_[std::min(t + l, trees_.size() - 1)].root];
        walk(trees, points, leaf);
        for (std::size_t l = 0; l < lanes && t + l < trees_.size(); ++l) votes[i * stride + (t + l) / output_.trees_per_vote] += leaf[l];
      }
    }
  } else {  // one tree, several points: the tree stays in the cache
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      std::fill_n(trees, lanes, &nodes_[trees_[t].root]);
      const std::size_t vote = t / output_.trees_per_vote;
      for (std::size_t i = 0; i < n; i += lanes) {
        for (std::size_t l = 0; l < lanes; ++l) points[l] = &x[std::min(i + l, n - 1) * dim];
        walk(trees, points, leaf);
        for (std::size_t l = 0; l < lanes && i + l < n; ++l) votes[(i + l) * stride + vote] += leaf[l];
      }
    }
  }
  finish(votes, n, stride);
}

void FlatForest::finish(std::span<float> votes, std::size_t n, std::size_t stride) const {
  for (std::size_t i = 0; i < n; ++i)
    for (float& v : votes.subspan(i * stride, this->votes())) {
      if (output_.logistic) v = 1.0f / (1.0f + std::exp(-v));
      v = std::clamp(v, output_.low, output_.high);
    }
}

void FlatForest::save(std::ostream& out) const {
  std::vector<std::uint32_t> sizes, links;
  std::vector<float> values;
  for (const Tree& t : trees_) sizes.push_back(t.size);
  for (const Node& n : nodes_) {
    links.push_back(n.link);
    values.push_back(n.value);
  }
  save_archive(out, output_.trees_per_vote, output_.base, output_.low, output_.high, output_.logistic, features_, sizes, links, values);
}

FlatForest FlatForest::load(std::istream& in) {
  FlatForest f;
  std::vector<std::uint32_t> sizes, links;
  std::vector<float> values;
  load_archive(in, f.output_.trees_per_vote, f.output_.base, f.output_.low, f.output_.high, f.output_.logistic, f.features_, sizes, links, values);
  std::uint64_t root = 0;
  for (const std::uint32_t size : sizes) {
    f.trees_.push_back({root, size});
    root += size;
  }
  bool whole = root == links.size() && root == values.size() && f.output_.trees_per_vote > 0 && sizes.size() % f.output_.trees_per_vote == 0;
  for (std::size_t t = 0; whole && t < sizes.size(); ++t)
    for (std::uint32_t i = 0; whole && i < sizes[t]; ++i) {
      const std::uint32_t link = links[f.trees_[t].root + i], child = link & child_mask;
      whole = (link >> child_bits & feature_mask) < f.features_ && (link & leaf_bit ? child == i : child > i && child + 1 < sizes[t]);
    }
  VALIDATE(whole, "the forest's trees do not fit together: the file is damaged or of another version; train the model again");
  f.nodes_.resize(links.size());
  for (std::size_t i = 0; i < links.size(); ++i) f.nodes_[i] = {values[i], links[i]};
  return f;
}

}  // namespace umbra
