#include "src/learning/network.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "src/base/error.h"
#include "src/samplers/archive.h"

namespace umbra {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic>;                   // a column a point
using Weights = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using Vector = Eigen::Map<const Eigen::VectorXf>;

Weights weights(const DenseLayer& l) { return {l.weights.data(), static_cast<Eigen::Index>(l.out), static_cast<Eigen::Index>(l.in)}; }
Vector bias(const DenseLayer& l) { return {l.bias.data(), static_cast<Eigen::Index>(l.out)}; }

// Klambauer et al., arXiv:1706.02515.
constexpr float selu_alpha = 1.6732632423543772f, selu_scale = 1.0507009873554805f;

void activate(Matrix& z, Activation a) {
  switch (a) {
    case Activation::linear:
      return;
    case Activation::relu:
      z = z.cwiseMax(0.0f);
      return;
    case Activation::selu:
      z = z.unaryExpr([](float v) { return v > 0.0f ? selu_scale * v : selu_scale * selu_alpha * std::expm1(v); });
      return;
    case Activation::elu:
      z = z.unaryExpr([](float v) { return v > 0.0f ? v : std::expm1(v); });
      return;
    case Activation::tanh:
      z = z.unaryExpr([](float v) { return std::tanh(v); });
      return;
    case Activation::sigmoid:
      z = z.unaryExpr([](float v) { return 1.0f / (1.0f + std::exp(-v)); });
      return;
    case Activation::softmax:
      for (Eigen::Index i = 0; i < z.cols(); ++i) {
        z.col(i) = (z.col(i).array() - z.col(i).maxCoeff()).unaryExpr([](float v) { return std::exp(v); });
        z.col(i) /= z.col(i).sum();
      }
      return;
  }
}

constexpr float longest_slope = 0.5f;
constexpr double warm_up = 0.1;  // share of the steps in which the rate grows: Adam's first steps know little of the slopes' sizes

// Adam's moments of one layer.
struct Moments {
  explicit Moments(const DenseLayer& l) : w1(l.weights.size(), 0.0f), w2(w1), b1(l.bias.size(), 0.0f), b2(b1) {}
  std::vector<float> w1, w2, b1, b2;
};

struct Step {
  float rate, decay, correct_1, correct_2;
};

void adam(std::vector<float>& parameter, const float* gradient, std::vector<float>& first, std::vector<float>& second, const Step& s, bool decays) {
  constexpr float beta_1 = 0.9f, beta_2 = 0.999f, epsilon = 1e-8f;
  for (std::size_t i = 0; i < parameter.size(); ++i) {
    first[i] = beta_1 * first[i] + (1.0f - beta_1) * gradient[i];
    second[i] = beta_2 * second[i] + (1.0f - beta_2) * gradient[i] * gradient[i];
    const float change = first[i] * s.correct_1 / (std::sqrt(second[i] * s.correct_2) + epsilon);
    parameter[i] -= s.rate * (change + (decays ? s.decay * parameter[i] : 0.0f));
  }
}

class Trainer {
 public:
  Trainer(const TrainingView& set, const TrainingOptions& options, bool classes, RandomStream& stream) : set_(set), options_(options), classes_(classes), stream_(stream) {
    std::vector<std::size_t> sizes = {set.dim};
    sizes.insert(sizes.end(), options.hidden.begin(), options.hidden.end());
    sizes.push_back(1);
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
      DenseLayer layer{sizes[l], sizes[l + 1], std::vector<float>(sizes[l] * sizes[l + 1]), std::vector<float>(sizes[l + 1], 0.0f), l + 2 < sizes.size() ? Activation::relu : Activation::linear};
      const double width = std::sqrt(2.0 / static_cast<double>(sizes[l]));  // He et al., arXiv:1502.01852
      for (float& w : layer.weights) w = static_cast<float>(stream.normal(0.0, width));
      layers_.push_back(std::move(layer));
      moments_.emplace_back(layers_.back());
    }
  }

  std::vector<DenseLayer> train() {
    const std::size_t n = set_.size(), batch = std::min(options_.batch, n), batches = (n + batch - 1) / batch;
    const std::size_t epochs = std::max(options_.epochs, (options_.least_steps + batches - 1) / batches);
    const double total = static_cast<double>(batches * epochs);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    double beta_1 = 1.0, beta_2 = 1.0;
    std::size_t done = 0;
    while (done < batches * epochs) {
      const double grown = static_cast<double>(done) / (options_.growth * total);  // none: infinite, or not a number
      const std::size_t known = grown < 1.0 ? std::max(batch, static_cast<std::size_t>(grown * static_cast<double>(n))) : n;
      if (known < n) std::iota(order.begin(), order.end(), 0);
      for (std::size_t i = known - 1; i > 0; --i) std::swap(order[i], order[stream_.index(i + 1)]);
      for (std::size_t first = 0; first < known && done < batches * epochs; first += batch, ++done) {
        beta_1 *= 0.9;
        beta_2 *= 0.999;
        const double share = static_cast<double>(done + 1) / total;
        const double cosine = std::min(1.0, share / warm_up) * 0.5 * (1.0 + std::cos(std::numbers::pi * share));
        step(std::span(order).subspan(first, std::min(batch, known - first)),
             {static_cast<float>(options_.learning_rate * cosine), static_cast<float>(options_.weight_decay), static_cast<float>(1.0 / (1.0 - beta_1)), static_cast<float>(1.0 / (1.0 - beta_2))});
      }
    }
    return std::move(layers_);
  }

 private:
  void step(std::span<const std::size_t> points, const Step& rates) {
    const auto n = static_cast<Eigen::Index>(points.size());
    std::vector<Matrix> a(layers_.size() + 1), keep(layers_.size());
    a[0].resize(static_cast<Eigen::Index>(set_.dim), n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (std::size_t d = 0; d < set_.dim; ++d) a[0](static_cast<Eigen::Index>(d), i) = 2.0f * set_.x[points[static_cast<std::size_t>(i)] * set_.dim + d] - 1.0f;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      a[l + 1] = (weights(layers_[l]) * a[l]).colwise() + bias(layers_[l]);
      activate(a[l + 1], layers_[l].activation);
      if (l + 1 == layers_.size() || options_.dropout == 0.0) continue;
      keep[l] = mask(a[l + 1].rows(), n);
      a[l + 1].array() *= keep[l].array();
    }
    Matrix delta = a.back();  // of both losses: prediction less truth
    if (classes_) activate(delta, Activation::sigmoid);
    for (Eigen::Index i = 0; i < n; ++i) delta(0, i) -= set_.y[points[static_cast<std::size_t>(i)]];
    delta /= static_cast<float>(n);
    std::vector<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> slope(layers_.size());
    std::vector<Eigen::VectorXf> slope_bias(layers_.size());
    float squares = 0.0f;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      slope[l] = delta * a[l].transpose();
      slope_bias[l] = delta.rowwise().sum();
      squares += slope[l].squaredNorm() + slope_bias[l].squaredNorm();
      if (l > 0) {
        Matrix back = weights(layers_[l]).transpose() * delta;
        if (options_.dropout > 0.0) back.array() *= keep[l - 1].array();
        delta = (a[l].array() > 0.0f).select(back, 0.0f);
      }
    }
    // One odd batch must not undo what was learnt (arXiv:1211.5063).
    const float shrink = std::min(1.0f, longest_slope / std::max(std::sqrt(squares), 1e-20f));
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      slope[l] *= shrink;
      slope_bias[l] *= shrink;
      adam(layers_[l].weights, slope[l].data(), moments_[l].w1, moments_[l].w2, rates, true);
      adam(layers_[l].bias, slope_bias[l].data(), moments_[l].b1, moments_[l].b2, rates, false);
    }
  }

  // 16 units a random number: a mask costs less than the layer.
  Matrix mask(Eigen::Index rows, Eigen::Index columns) {
    Matrix m(rows, columns);
    const auto limit = static_cast<std::uint64_t>(options_.dropout * 65536.0);
    const auto kept = static_cast<float>(1.0 / (1.0 - options_.dropout));
    std::uint64_t bits = 0;
    for (Eigen::Index i = 0; i < m.size(); ++i) {
      if (i % 4 == 0) bits = stream_();
      m.data()[i] = (bits & 0xffff) < limit ? 0.0f : kept;
      bits >>= 16;
    }
    return m;
  }

  const TrainingView& set_;
  const TrainingOptions& options_;
  bool classes_;
  RandomStream& stream_;
  std::vector<DenseLayer> layers_;
  std::vector<Moments> moments_;
};

}  // namespace

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names = {"linear", "relu", "selu", "elu", "tanh", "sigmoid", "softmax"};
  return names;
}

DenseNetwork::DenseNetwork(std::vector<DenseLayer> layers) : layers_(std::move(layers)) {
  VALIDATE(!layers_.empty(), "a network without layers cannot be evaluated");
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    VALIDATE(layers_[l].weights.size() == layers_[l].in * layers_[l].out && layers_[l].bias.size() == layers_[l].out, "layer {} of the network has {} weights and {} biases for {} inputs and {} outputs", l,
             layers_[l].weights.size(), layers_[l].bias.size(), layers_[l].in, layers_[l].out);
    VALIDATE(l == 0 || layers_[l].in == layers_[l - 1].out, "layer {} of the network takes {} inputs, and the layer before it gives {}", l, layers_[l].in, layers_[l - 1].out);
  }
}

DenseNetwork DenseNetwork::train(const TrainingView& set, const TrainingOptions& options, bool classes, RandomStream& stream) {
  DenseNetwork network(Trainer(set, options, classes, stream).train());
  // The map of the unit cube to [-1, 1] goes into the first layer.
  DenseLayer& first = network.layers_.front();
  for (std::size_t o = 0; o < first.out; ++o)
    for (std::size_t i = 0; i < first.in; ++i) {
      first.bias[o] -= first.weights[o * first.in + i];
      first.weights[o * first.in + i] *= 2.0f;
    }
  if (classes) network.layers_.back().activation = Activation::sigmoid;
  return network;
}

void DenseNetwork::predict(std::span<const float> x, std::span<float> y) const { predict(x, {}, y); }

void DenseNetwork::predict(std::span<const float> x, std::span<const float> keep, std::span<float> y) const {
  const auto n = static_cast<Eigen::Index>(x.size() / inputs());
  EXPECT(y.size() == static_cast<std::size_t>(n) * outputs() && (keep.empty() || keep.size() == hidden_units()));
  Matrix a = Eigen::Map<const Matrix>(x.data(), static_cast<Eigen::Index>(inputs()), n);
  std::size_t unit = 0;
  for (const DenseLayer& l : layers_) {
    Matrix z = (weights(l) * a).colwise() + bias(l);
    activate(z, l.activation);
    if (!keep.empty() && &l != &layers_.back()) z.array().colwise() *= Vector(keep.data() + unit, static_cast<Eigen::Index>(l.out)).array();
    unit += l.out;
    a = std::move(z);
  }
  Eigen::Map<Matrix>(y.data(), a.rows(), n) = a;
}

std::size_t DenseNetwork::hidden_units() const {
  std::size_t sum = 0;
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) sum += layers_[l].out;
  return sum;
}

void DenseNetwork::save(std::ostream& out) const {
  const std::size_t n = layers_.size();
  save_archive(out, n);
  for (const DenseLayer& l : layers_) {
    const auto activation = static_cast<std::uint32_t>(l.activation);
    save_archive(out, l.in, l.out, l.weights, l.bias, activation);
  }
}

DenseNetwork DenseNetwork::load(std::istream& in) {
  std::size_t n = 0;
  load_archive(in, n);
  std::vector<DenseLayer> layers;
  for (std::size_t i = 0; i < n; ++i) {
    DenseLayer l;
    std::uint32_t activation = 0;
    load_archive(in, l.in, l.out, l.weights, l.bias, activation);
    VALIDATE(activation < activation_names().size(), "the network has an unknown activation: the file is damaged or of another version");
    l.activation = static_cast<Activation>(activation);
    layers.push_back(std::move(l));
  }
  return DenseNetwork(std::move(layers));
}

}  // namespace umbra
