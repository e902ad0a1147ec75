// Training of the networks of committees: own trainer on Eigen, and LibTorch doing the same as its peer (same points, layers, dropout, Adam with decoupled decay,
// schedule, clipping, batch, epochs), both on one thread.
//   bench_networks [epochs]

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <numbers>

#include "src/learning/network.h"
#include "src/models/point.h"

#ifdef UMBRA_HAVE_TORCH
#include <torch/nn.h>
#include <torch/optim.h>
#endif

using namespace umbra;

namespace {

constexpr std::size_t dim = 19;

struct Points {
  std::vector<float> x, y;
};

// The exclusion problem of the pMSSM, points with a spectrum.
Points draw(std::size_t n, std::uint64_t seed) {
  Faults faults;
  const Config job = Config::map({{"preset", "pmssm19", {}}, {"model", Config::map({{"type", "pmssm", {}}}), {}}, {"constraints", Config::list({Config::map({{"include", "exclusion", {}}})}), {}}});
  auto evaluator = PointEvaluator::read(job, faults);
  faults.throw_if_any("bench");
  Points p;
  std::vector<double> u(dim), row;
  for (std::uint64_t i = 0; p.y.size() < n; ++i) {
    RandomStream(seed, Purpose::test, i).fill_uniform(u);
    RandomStream stream(seed, Purpose::evaluate, i);
    if (evaluator->evaluate(u, stream, row).status != Status::ok) continue;
    p.x.insert(p.x.end(), u.begin(), u.end());
    p.y.push_back(row.back() > -4 ? 1.0f : 0.0f);
  }
  return p;
}

double processor_s() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Trained {
  double seconds = 0.0, accuracy = 0.0;
};

Trained with_eigen(const Points& training, const Points& test, const TrainingOptions& options) {
  RandomStream stream(1, Purpose::train, 1);
  const double start = processor_s();
  const DenseNetwork network = DenseNetwork::train({dim, training.x, training.y}, options, true, stream);
  Trained t{.seconds = processor_s() - start};
  std::vector<float> p(test.y.size());
  network.predict(test.x, p);
  for (std::size_t i = 0; i < p.size(); ++i) t.accuracy += ((p[i] > 0.5f) == (test.y[i] > 0.5f)) / static_cast<double>(p.size());
  return t;
}

#ifdef UMBRA_HAVE_TORCH
torch::Tensor view(const std::vector<float>& values, std::size_t columns) {
  return torch::from_blob(const_cast<float*>(values.data()), {static_cast<long>(values.size() / columns), static_cast<long>(columns)});
}

Trained with_torch(const Points& training, const Points& test, const TrainingOptions& options) {
  at::set_num_threads(1);
  torch::manual_seed(1);
  torch::nn::Sequential network;
  auto in = static_cast<long>(dim);
  for (const std::size_t h : options.hidden) {
    network->push_back(torch::nn::Linear(in, static_cast<long>(h)));
    network->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
    network->push_back(torch::nn::Dropout(options.dropout));
    in = static_cast<long>(h);
  }
  network->push_back(torch::nn::Linear(in, 1));
  std::vector<torch::Tensor> weights, biases;
  {
    const torch::NoGradGuard none;
    for (torch::Tensor& p : network->parameters()) {
      if (p.dim() > 1) torch::nn::init::kaiming_normal_(p, 0.0, torch::kFanIn, torch::kReLU);
      else p.zero_();
      (p.dim() > 1 ? weights : biases).push_back(p);
    }
  }
  using Options = torch::optim::AdamWOptions;
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(weights, std::make_unique<Options>(Options(options.learning_rate).weight_decay(options.weight_decay)));
  groups.emplace_back(biases, std::make_unique<Options>(Options(options.learning_rate).weight_decay(0.0)));
  torch::optim::AdamW adam(groups);
  const torch::Tensor x = view(training.x, dim) * 2 - 1, y = view(training.y, 1);
  const auto n = static_cast<long>(training.y.size()), batch = static_cast<long>(options.batch);
  const double total = static_cast<double>((n + batch - 1) / batch) * static_cast<double>(options.epochs);
  const double start = processor_s();
  double done = 0.0;
  for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
    const torch::Tensor order = torch::randperm(n);
    for (long first = 0; first < n; first += batch) {
      const double share = ++done / total;
      for (auto& g : adam.param_groups()) static_cast<Options&>(g.options()).lr(options.learning_rate * std::min(1.0, share / 0.1) * 0.5 * (1.0 + std::cos(std::numbers::pi * share)));
      const torch::Tensor points = order.slice(0, first, std::min(n, first + batch));
      adam.zero_grad();
      torch::nn::functional::binary_cross_entropy_with_logits(network->forward(x.index_select(0, points)), y.index_select(0, points)).backward();
      torch::nn::utils::clip_grad_norm_(network->parameters(), 0.5);
      adam.step();
    }
  }
  Trained t{.seconds = processor_s() - start};
  network->eval();
  const torch::NoGradGuard none;
  t.accuracy = network->forward(view(test.x, dim) * 2 - 1).gt(0).eq(view(test.y, 1).gt(0.5)).to(torch::kFloat).mean().item<float>();
  return t;
}
#endif

}  // namespace

int main(int argc, char** argv) {
  const std::size_t epochs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20;
  const Points training = draw(20000, 1), test = draw(20000, 2);
  for (const std::size_t units : {64, 128}) {
    const TrainingOptions options{.hidden = {units, units}, .epochs = epochs, .least_steps = 1, .dropout = 0.05};
    const double steps = static_cast<double>((training.y.size() + options.batch - 1) / options.batch * epochs);
    const Trained own = with_eigen(training, test, options);
    fmt::print("19-{0}-{0}-1, batch {1}, {2:.0f} steps. Eigen: {3:.0f} steps/s of processor time, accuracy {4:.4f}\n", units, options.batch, steps, steps / own.seconds, own.accuracy);
#ifdef UMBRA_HAVE_TORCH
    const Trained peer = with_torch(training, test, options);
    fmt::print("  LibTorch: {:.0f} steps/s, accuracy {:.4f}; LibTorch's time over Eigen's {:.2f}\n", steps / peer.seconds, peer.accuracy, peer.seconds / own.seconds);
#endif
  }
}
