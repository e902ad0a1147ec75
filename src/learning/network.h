#pragma once
// Small dense networks: evaluation for any, training by Adam (arXiv:1412.6980) for those with one output.

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/learning/committee.h"

namespace umbra {

enum class Activation : std::uint32_t { linear, relu, selu, elu, tanh, sigmoid, softmax };
/// Names as Keras writes them, in the order of Activation.
const std::vector<std::string>& activation_names();

struct DenseLayer {
  std::size_t in = 0, out = 0;
  std::vector<float> weights;  ///< [out x in]
  std::vector<float> bias;     ///< [out]
  Activation activation = Activation::linear;
};

struct TrainingOptions {
  std::vector<std::size_t> hidden = {64, 64};
  std::size_t epochs = 40;
  std::size_t least_steps = 2000;  ///< of training: more epochs where points are few
  std::size_t batch = 250;
  double learning_rate = 0.02;  ///< at its highest, after a tenth of the steps; goes to zero as a cosine (arXiv:1608.03983)
  double weight_decay = 0.05;   ///< decoupled (arXiv:1711.05101)
  double growth = 0.2;          ///< share of the steps in which the points grow from the first ones to all: later ones are chosen at the boundary, and hard to
                                ///< learn from at first (Bengio et al., doi:10.1145/1553374.1553380)
  double dropout = 0.0;         ///< share of the hidden units that is left out at a time (Srivastava et al., JMLR 15 (2014) 1929)
};

/// One thread; the same bits each time. Cost: bench/README.md.
class DenseNetwork {
 public:
  DenseNetwork() = default;
  /// Throws UserError where layers do not fit together.
  explicit DenseNetwork(std::vector<DenseLayer> layers);

  /// Minimises the cross entropy of a sigmoid output (classes) or the mean square of a linear one. Inputs are taken to [-1, 1] from the unit cube.
  static DenseNetwork train(const TrainingView& set, const TrainingOptions& options, bool classes, RandomStream& stream);

  std::size_t inputs() const { return layers_.empty() ? 0 : layers_.front().in; }
  std::size_t outputs() const { return layers_.empty() ? 0 : layers_.back().out; }
  const std::vector<DenseLayer>& layers() const { return layers_; }
  /// @param x [n x inputs]; @param y [n x outputs]
  void predict(std::span<const float> x, std::span<float> y) const;
  /// The same with some hidden units left out. @param keep [hidden units of all layers], 0 or 1 / (1 - dropout)
  void predict(std::span<const float> x, std::span<const float> keep, std::span<float> y) const;
  std::size_t hidden_units() const;

  void save(std::ostream& out) const;
  static DenseNetwork load(std::istream& in);

 private:
  std::vector<DenseLayer> layers_;
};

}  // namespace umbra
