// The four functions of arXiv:2101.04525 for optimisers, and rotated forms of the two that need it most. All are minimised: ln L = -f.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/models/functions/function_model.h"
#include "src/models/functions/rotation.h"

namespace umbra {
namespace {

using std::numbers::pi;

/// f = exp(-sum((x-2)/15)^10) - 2 exp(-sum (x-2)^2) prod cos^2(x-2). The power is the one that the paper's program computes; it prints 6.
double af1(std::span<const double> x) {
  double tenth = 0.0, square = 0.0, product = 1.0;
  for (const double v : x) {
    const double d = v - 2.0, c = std::cos(d);
    tenth += std::pow(d / 15.0, 10);
    square += d * d;
    product *= c * c;
  }
  return std::exp(-tenth) - 2.0 * std::exp(-square) * product;
}

/// f = sum[(x+0.23)^2 - 10 cos(2 pi (x+0.23)) + 10]
double af2(std::span<const double> x) {
  double sum = 0.0;
  for (const double v : x) sum += (v + 0.23) * (v + 0.23) - 10.0 * std::cos(2.0 * pi * (v + 0.23)) + 10.0;
  return sum;
}

/// f = -(1/n) sum sin^6(5 pi (x^0.75 - 0.05)); below 0 as at 0.
double af3(std::span<const double> x) {
  double sum = 0.0;
  for (const double v : x) sum += std::pow(std::sin(5.0 * pi * (std::pow(std::max(v, 0.0), 0.75) - 0.05)), 6);
  return -sum / static_cast<double>(x.size());
}

constexpr double schwefel_optimum = 420.968746;

/// f = 418.9828872724 n - sum x sin sqrt|x|. Beyond the box (only rotated points get there) it goes on with its value at the end plus 1e-3 times
/// the squared distance: the formula itself has deeper places outside, at -555 for instance.
double af4(std::span<const double> x) {
  double sum = 0.0;
  for (const double v : x) {
    const double inside = std::clamp(v, -500.0, 500.0);
    sum += 418.9828872724 - inside * std::sin(std::sqrt(std::abs(inside))) + 1e-3 * (v - inside) * (v - inside);
  }
  return sum;
}

template <double (*f)(std::span<const double>)>
class Minimised : public FunctionModel {
 public:
  using Options = NoOptions;
  static OptionSet<Options> options() { return {}; }
  Minimised(Options, const ModelContext& context) : FunctionModel(context) {}

 private:
  double log_likelihood(std::span<const double> x) const override { return -f(x); }
};

struct RotatedOptions {
  std::uint64_t rotation_seed = 1;
};

template <double (*f)(std::span<const double>), const double& centre>
class Rotated : public FunctionModel {
 public:
  using Options = RotatedOptions;
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("rotation_seed", &Options::rotation_seed, "seed of the random rotation about the optimum");
  }
  Rotated(Options options, const ModelContext& context) : FunctionModel(context), rotation_(dim(), options.rotation_seed), rotated_(dim()) {}

 private:
  double log_likelihood(std::span<const double> x) const override {
    rotation_.about(centre, x, rotated_);
    return -f(rotated_);
  }

  Rotation rotation_;
  mutable std::vector<double> rotated_;
};

constexpr double af2_optimum = -0.23;

ReferenceProblem at_one_place(std::size_t dim, double low, double high, double value, double place) {
  return {.low = low, .high = high, .max_log_likelihood = value, .maxima = {std::vector<double>(dim, place)}, .log_evidence = {}};
}

ReferenceProblem af3_problem(std::size_t dim) {
  ReferenceProblem p{.low = 0.0, .high = 1.0, .max_log_likelihood = 1.0, .num_maxima = std::pow(5.0, dim), .maxima = {}, .log_evidence = {}};
  for (int k = 0; k < 5; ++k) p.maxima.emplace_back(dim, std::pow(0.15 + 0.2 * k, 4.0 / 3.0));
  return p;
}

constexpr const char* paper = "arXiv:2101.04525";
auto& models = ModelRegistry::instance();
auto& problems = ReferenceProblems::instance();

[[maybe_unused]] const bool registered[] = {
    models.add<Minimised<af1>>("af1", "a needle on a plateau (minimised: ln L = -f)", paper),
    models.add<Minimised<af2>>("af2", "shifted Rastrigin (minimised: ln L = -f)", paper),
    models.add<Minimised<af3>>("af3", "5^n equal optima (minimised: ln L = -f)", paper),
    models.add<Minimised<af4>>("af4", "Schwefel, the optimum near a corner (minimised: ln L = -f)", paper),
    models.add<Rotated<af2, af2_optimum>>("af2_rotated", "af2 on randomly rotated axes (minimised: ln L = -f)", paper),
    models.add<Rotated<af4, schwefel_optimum>>("af4_rotated", "af4 on randomly rotated axes (minimised: ln L = -f)", paper),
    problems.add("af1", {.make = [](std::size_t n) { return at_one_place(n, -30, 30, 1, 2); }}),
    problems.add("af2", {.make = [](std::size_t n) { return at_one_place(n, -7, 7, 0, af2_optimum); }}),
    problems.add("af3", {.make = af3_problem}),
    problems.add("af4", {.make = [](std::size_t n) { return at_one_place(n, -500, 500, 0, schwefel_optimum); }}),
    problems.add("af2_rotated", {.make = [](std::size_t n) { return at_one_place(n, -7, 7, 0, af2_optimum); }}),
    problems.add("af4_rotated", {.make = [](std::size_t n) { return at_one_place(n, -500, 500, 0, schwefel_optimum); }}),
};

}  // namespace
}  // namespace umbra
