// Multimodal and curved likelihoods with known evidence: eggbox, Gaussian shells, Rosenbrock's valley, Rastrigin.

#include <cmath>
#include <map>
#include <numbers>

#include "src/models/functions/function_model.h"

namespace umbra {
namespace {

using std::numbers::pi;

/// ln L = (2 + cos(x/2) cos(y/2))^5 (arXiv:0809.3437)
class Eggbox : public FunctionModel {
 public:
  using Options = NoOptions;
  static OptionSet<Options> options() { return {}; }
  Eggbox(Options, const ModelContext& context) : FunctionModel(context, 2, 2) {}

 private:
  double log_likelihood(std::span<const double> x) const override { return std::pow(2.0 + std::cos(x[0] / 2) * std::cos(x[1] / 2), 5); }
};

ReferenceProblem eggbox_problem(std::size_t) {
  ReferenceProblem p{.low = 0.0, .high = 10 * pi, .max_log_likelihood = 243.0, .num_maxima = 18, .maxima = {}, .log_evidence = 235.85594};
  for (int i = 0; i <= 5; ++i)
    for (int j = i % 2; j <= 5; j += 2) p.maxima.push_back({2 * pi * i, 2 * pi * j});
  return p;
}

/// ln of the sum of two shells N(|x - c|; radius, width), c = +-distance on the first axis (arXiv:0809.3437)
class GaussianShells : public FunctionModel {
 public:
  struct Options {
    double radius = 2.0;
    double width = 0.1;
    double distance = 3.5;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("radius", &Options::radius, "radius of both shells", above(0))
        .add("width", &Options::width, "standard deviation across a shell", above(0))
        .add("distance", &Options::distance, "centres at plus and minus this on the first axis", at_least(0));
  }
  GaussianShells(Options options, const ModelContext& context)
      : FunctionModel(context), options_(options), log_norm_(-0.5 * std::log(2 * pi) - std::log(options.width)) {}

 private:
  double log_likelihood(std::span<const double> x) const override {
    double rest = 0.0;
    for (std::size_t i = 1; i < x.size(); ++i) rest += x[i] * x[i];
    const double a = shell(x[0] - options_.distance, rest), b = shell(x[0] + options_.distance, rest);
    return log_norm_ + std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
  }
  double shell(double first, double rest) const {
    const double z = (std::sqrt(first * first + rest) - options_.radius) / options_.width;
    return -0.5 * z * z;
  }

  Options options_;
  double log_norm_;
};

std::optional<double> tabulated(const std::map<std::size_t, double>& table, std::size_t dim) {
  const auto found = table.find(dim);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

ReferenceProblem shells_problem(std::size_t dim) {
  ReferenceProblem p{.low = -6,
                     .high = 6,
                     .max_log_likelihood = -0.5 * std::log(2 * pi) - std::log(0.1),
                     .num_maxima = std::numeric_limits<double>::infinity(),
                     .maxima = {},
                     .log_evidence = {}};
  for (const double first : {-5.5, -1.5, 1.5, 5.5}) {
    p.maxima.emplace_back(dim, 0.0);
    p.maxima.back()[0] = first;
  }
  p.log_evidence = tabulated({{2, -1.746}, {5, -5.674}, {10, -14.590}, {19, -33.797}, {20, -36.087}, {30, -60.128}}, dim);
  return p;
}

/// ln L = -sum[100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2] (doi:10.1093/comjnl/3.3.175, the chain in more than two dimensions)
class Rosenbrock : public FunctionModel {
 public:
  using Options = NoOptions;
  static OptionSet<Options> options() { return {}; }
  Rosenbrock(Options, const ModelContext& context) : FunctionModel(context, 2) {}

 private:
  double log_likelihood(std::span<const double> x) const override {
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const double across = x[i + 1] - x[i] * x[i], along = 1.0 - x[i];
      sum += 100.0 * across * across + along * along;
    }
    return -sum;
  }
};

ReferenceProblem rosenbrock_problem(std::size_t dim) {
  ReferenceProblem p{.low = -5, .high = 5, .max_log_likelihood = 0, .maxima = {std::vector<double>(dim, 1.0)}, .log_evidence = {}};
  p.log_evidence = tabulated({{2, -5.8041}, {3, -10.4770}, {5, -19.7324}, {10, -43.1084}, {19, -85.5442}, {20, -90.2655}}, dim);
  return p;
}

/// ln L = -sum[x^2 - 10 cos(2 pi x) + 10]
class Rastrigin : public FunctionModel {
 public:
  using Options = NoOptions;
  static OptionSet<Options> options() { return {}; }
  Rastrigin(Options, const ModelContext& context) : FunctionModel(context) {}

 private:
  double log_likelihood(std::span<const double> x) const override {
    double sum = 0.0;
    for (const double v : x) sum += v * v - 10.0 * std::cos(2 * pi * v) + 10.0;
    return -sum;
  }
};

ReferenceProblem rastrigin_problem(std::size_t dim) {
  return {.low = -5.12,
          .high = 5.12,
          .max_log_likelihood = 0,
          .maxima = {std::vector<double>(dim, 0.0)},
          .log_evidence = -3.81086647 * static_cast<double>(dim)};
}

auto& models = ModelRegistry::instance();
auto& problems = ReferenceProblems::instance();

// The tabulated evidences come from quadrature, or from a transfer operator that is stable under a finer grid.
[[maybe_unused]] const bool registered[] = {
    models.add<Eggbox>("eggbox", "18 equal modes in two dimensions", "arXiv:0809.3437"),
    models.add<GaussianShells>("gaussian_shells", "two thin shells in any number of dimensions", "arXiv:0809.3437"),
    models.add<Rosenbrock>("rosenbrock", "a curved narrow valley (minimised: ln L = -f)", "doi:10.1093/comjnl/3.3.175"),
    models.add<Rastrigin>("rastrigin", "a bowl with a regular lattice of local optima (minimised: ln L = -f)"),
    problems.add("eggbox", {.min_dim = 2, .max_dim = 2, .make = eggbox_problem}),
    problems.add("gaussian_shells", {.make = shells_problem}),
    problems.add("rosenbrock", {.min_dim = 2, .make = rosenbrock_problem}),
    problems.add("rastrigin", {.make = rastrigin_problem}),
};

}  // namespace
}  // namespace umbra
