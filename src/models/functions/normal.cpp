// Normal likelihoods, normalised: the evidence in a wide box is its inverse volume.

#include <cmath>
#include <numbers>

#include "src/base/error.h"
#include "src/models/functions/function_model.h"

namespace umbra {
namespace {

const double log_two_pi = std::log(2 * std::numbers::pi);

/// Independent, of one width and centre on every axis.
class Normal : public FunctionModel {
 public:
  struct Options {
    double centre = 0.0;
    double sigma = 1.0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("centre", &Options::centre, "mean of every parameter")
        .add("sigma", &Options::sigma, "standard deviation of every parameter", above(0));
  }
  Normal(Options options, const ModelContext& context)
      : FunctionModel(context), options_(options), log_norm_(-(0.5 * log_two_pi + std::log(options.sigma)) * static_cast<double>(dim())) {}

 private:
  double log_likelihood(std::span<const double> x) const override {
    double sum = 0.0;
    for (const double v : x) {
      const double z = (v - options_.centre) / options_.sigma;
      sum += z * z;
    }
    return log_norm_ - 0.5 * sum;
  }

  Options options_;
  double log_norm_;
};

ReferenceProblem normal_problem(std::size_t dim) {
  const double n = static_cast<double>(dim);
  return {.low = -10,
          .high = 10,
          .max_log_likelihood = -0.5 * log_two_pi * n,
          .maxima = {std::vector<double>(dim, 0.0)},
          .log_evidence = -2.99573227 * n};
}

/// Covariance sigma^2 [(1 - rho) 1 + rho J], J all ones: its inverse and determinant have closed forms (Sherman and Morrison).
class EquicorrelatedNormal : public FunctionModel {
 public:
  struct Options {
    double centre = 0.5;
    double sigma = 0.02;
    double rho = 0.5;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("centre", &Options::centre, "mean of every parameter")
        .add("sigma", &Options::sigma, "standard deviation of every parameter", above(0))
        .add("rho", &Options::rho, "correlation of every pair", between(-1, 1));
  }
  EquicorrelatedNormal(Options options, const ModelContext& context) : FunctionModel(context), options_(options) {
    const double n = static_cast<double>(dim()), rho = options.rho, all = 1 + (n - 1) * rho;
    VALIDATE(rho < 1 && all > 0, "rho {} gives no positive covariance in {} dimensions, choose it between {} and 1", rho, dim(),
             -1 / std::max(n - 1, 1.0));
    log_norm_ = -n * (0.5 * log_two_pi + std::log(options.sigma)) - 0.5 * ((n - 1) * std::log1p(-rho) + std::log(all));
    own_ = 1 / (1 - rho);
    shared_ = rho / ((1 - rho) * all);
  }

 private:
  double log_likelihood(std::span<const double> x) const override {
    double sum = 0.0, squares = 0.0;
    for (const double v : x) {
      const double z = (v - options_.centre) / options_.sigma;
      sum += z;
      squares += z * z;
    }
    return log_norm_ - 0.5 * (own_ * squares - shared_ * sum * sum);
  }

  Options options_;
  double log_norm_, own_, shared_;
};

ReferenceProblem equicorrelated_problem(std::size_t dim) {
  const double n = static_cast<double>(dim);
  const double log_det = 2 * n * std::log(0.02) + (n - 1) * std::log(0.5) + std::log(1 + (n - 1) * 0.5);
  return {
      .low = 0, .high = 1, .max_log_likelihood = -0.5 * (n * log_two_pi + log_det), .maxima = {std::vector<double>(dim, 0.5)}, .log_evidence = 0.0};
}

auto& models = ModelRegistry::instance();
auto& problems = ReferenceProblems::instance();

[[maybe_unused]] const bool registered[] = {
    models.add<Normal>("normal", "an independent normal likelihood, normalised"),
    models.add<EquicorrelatedNormal>("equicorrelated_normal", "a normal likelihood with one correlation for all pairs, normalised"),
    problems.add("normal", {.make = normal_problem}),
    problems.add("equicorrelated_normal", {.make = equicorrelated_problem}),
};

}  // namespace
}  // namespace umbra
