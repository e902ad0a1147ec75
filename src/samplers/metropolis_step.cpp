#include "src/samplers/metropolis_step.h"

#include <cmath>

namespace umbra {
namespace {
/// As many steps of this standard deviation count as seen before the first.
constexpr double first_sigma = 0.1;
double first_weight(std::size_t dim) { return 10.0 * static_cast<double>(dim); }
}  // namespace

void MetropolisStep::begin(std::size_t dim, std::vector<double>& memory) {
  memory.assign(2 + dim + dim * dim, 0.0);
  memory[0] = std::log(2.38 / std::sqrt(static_cast<double>(dim)));
}

void MetropolisStep::propose(std::span<const double> memory, std::span<const double> x, RandomStream& stream, std::vector<double>& proposed) {
  const std::size_t dim = x.size();
  const double weight = first_weight(dim), share = weight / (weight + memory[1]);
  const auto covariance = [&](std::size_t i, std::size_t j) { return (1.0 - share) * memory[2 + dim + i * dim + j] + (i == j ? share * first_sigma * first_sigma : 0.0); };
  // Cholesky's factor, row by row, with the steps made on the way.
  std::vector<double> factor(dim * dim), normal(dim);
  stream.fill_normal(normal);
  const double scale = std::exp(memory[0]);
  proposed.resize(dim);
  for (std::size_t i = 0; i < dim; ++i) {
    double step = 0.0;
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = covariance(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= factor[i * dim + k] * factor[j * dim + k];
      factor[i * dim + j] = i == j ? std::sqrt(std::max(sum, 1e-30)) : sum / factor[j * dim + j];
      step += factor[i * dim + j] * normal[j];
    }
    proposed[i] = x[i] + scale * step;
  }
}

void MetropolisStep::learn(std::vector<double>& memory, std::span<const double> x, double probability) {
  const std::size_t dim = x.size();
  const double count = ++memory[1];
  memory[0] += std::pow(count, -0.6) * (probability - (dim == 1 ? 0.44 : 0.234));
  std::vector<double> before(dim);
  for (std::size_t i = 0; i < dim; ++i) {
    before[i] = x[i] - memory[2 + i];
    memory[2 + i] += before[i] / count;
  }
  for (std::size_t i = 0; i < dim; ++i)
    for (std::size_t j = 0; j < dim; ++j) {
      double& c = memory[2 + dim + i * dim + j];
      c += (before[i] * (x[j] - memory[2 + j]) - c) / count;
    }
}

}  // namespace umbra
