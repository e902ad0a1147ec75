#pragma once
// Decision trees laid out for speed: 8 bytes a node, children side by side in breadth-first order, several points or trees walked at once.

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

namespace umbra {

/// One tree as a trainer makes it: node 0 is the root; x[feature] < threshold goes left.
struct TreeNodes {
  std::vector<std::int32_t> left, right;  ///< -1: a leaf
  std::vector<std::uint32_t> feature;
  std::vector<float> threshold;           ///< of a leaf: its value
};

/// A vote is base + the sum of the leaves of `trees_per_vote` trees, through the logistic function where `logistic`, and kept within [low, high].
/// Cost with 200 full-grown trees of 20,000 nodes: bench/README.md.
class FlatForest {
 public:
  struct Output {
    std::uint32_t trees_per_vote = 1;
    float base = 0.0f, low = 0.0f, high = 1.0f;
    bool logistic = false;
  };
  FlatForest() = default;
  explicit FlatForest(const Output& output) : output_(output) {}

  /// Throws UserError for a tree of more than 2^20 nodes or 2^11 features.
  void add(const TreeNodes& tree);
  std::size_t votes() const { return trees_.size() / output_.trees_per_vote; }
  /// @param x [n x dim]; @param votes [n x stride]
  void predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const;

  void save(std::ostream& out) const;
  /// Throws UserError where the bytes are no forest.
  static FlatForest load(std::istream& in);

 private:
  struct Node {
    float value;         ///< threshold, or a leaf's value
    std::uint32_t link;  ///< leaf (1 bit) | feature (11) | index of the left child in the tree (20); a leaf's is its own
  };
  struct Tree {
    std::uint64_t root;  ///< in nodes_
    std::uint32_t size;
  };
  static constexpr std::size_t lanes = 8;
  static void walk(const Node* const (&tree)[lanes], const float* const (&x)[lanes], float (&leaf)[lanes]);
  void finish(std::span<float> votes, std::size_t n, std::size_t stride) const;

  Output output_;
  std::uint32_t features_ = 0;  ///< 1 + the largest that is used
  std::vector<Tree> trees_;
  std::vector<Node> nodes_;
};

}  // namespace umbra
