#include "src/models/reference_problem.h"

#include <cmath>
#include <numbers>

#include "src/models/evaluator.h"
#include "src/models/functions/rotation.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

std::unique_ptr<Evaluator> make_function(const std::string& type, std::size_t dim, Faults& faults) {
  ModelContext context;
  for (std::size_t i = 0; i < dim; ++i) context.parameters.push_back("x" + std::to_string(i));
  Config config;
  config.set("type", Config(type));
  return ModelRegistry::instance().make(config, faults, context);
}

double value(Evaluator& model, const std::vector<double>& x) {
  RandomStream stream(1, Purpose::test, 0);
  double lnl = NAN;
  REQUIRE(model.evaluate(x, stream, {&lnl, 1}).status == Status::ok);
  return lnl;
}

// ln of the mean likelihood over the box, by a midpoint grid in two dimensions.
double grid_evidence(const std::string& name, int steps) {
  Faults faults;
  auto model = make_function(name, 2, faults);
  const ReferenceProblem p = reference_problem(name, 2);
  const double h = (p.high - p.low) / steps;
  double sum = 0;
  for (int i = 0; i < steps; ++i)
    for (int j = 0; j < steps; ++j) sum += std::exp(value(*model, {p.low + (i + 0.5) * h, p.low + (j + 0.5) * h}) - p.max_log_likelihood);
  return p.max_log_likelihood + std::log(sum / steps / steps);
}

}  // namespace

TEST_CASE("every reference problem has its maximum where it says, and nothing near or random is higher") {
  for (const auto& [name, entry] : ReferenceProblems::instance().entries())
    for (const std::size_t dim : {1, 2, 3, 5, 7}) {
      if (dim < entry.min_dim || dim > entry.max_dim) continue;
      INFO(name << " in " << dim << " dimensions");
      Faults faults;
      auto model = make_function(name, dim, faults);
      REQUIRE(model);
      const ReferenceProblem p = reference_problem(name, dim);
      REQUIRE_FALSE(p.maxima.empty());
      CHECK(p.num_maxima >= static_cast<double>(p.maxima.size()));
      const double tolerance = 1e-9 + (name.starts_with("af4") ? 1e-7 * static_cast<double>(dim) : 0.0);
      RandomStream stream(3, Purpose::test, dim);
      for (const auto& x : p.maxima) {
        REQUIRE(x.size() == dim);
        CHECK(value(*model, x) == Approx(p.max_log_likelihood).margin(tolerance));
        for (int i = 0; i < 20; ++i) {
          auto near = x;
          for (double& v : near) v += 1e-3 * (p.high - p.low) * stream.normal();
          CHECK(value(*model, near) <= p.max_log_likelihood + tolerance);
        }
      }
      for (int i = 0; i < 2000; ++i) {
        std::vector<double> x(dim);
        for (double& v : x) v = stream.uniform(p.low, p.high);
        REQUIRE(value(*model, x) <= p.max_log_likelihood + tolerance);
      }
    }
}

TEST_CASE("a grid finds the stated evidences in two dimensions") {
  CHECK(grid_evidence("eggbox", 2000) == Approx(*reference_problem("eggbox", 2).log_evidence).epsilon(0).margin(1e-4));
  CHECK(grid_evidence("gaussian_shells", 800) == Approx(*reference_problem("gaussian_shells", 2).log_evidence).epsilon(0).margin(6e-4));
  CHECK(grid_evidence("rosenbrock", 1500) == Approx(*reference_problem("rosenbrock", 2).log_evidence).epsilon(0).margin(2e-4));
  CHECK(grid_evidence("rastrigin", 800) == Approx(*reference_problem("rastrigin", 2).log_evidence).epsilon(0).margin(1e-5));
  CHECK(grid_evidence("normal", 400) == Approx(*reference_problem("normal", 2).log_evidence).epsilon(0).margin(1e-5));
  CHECK(grid_evidence("equicorrelated_normal", 800) == Approx(0).epsilon(0).margin(1e-5));
}

TEST_CASE("a rotation is orthogonal, fixed by its seed, and turns about the centre") {
  const Rotation r(6, 5);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) {
      double dot = 0;
      for (int k = 0; k < 6; ++k) dot += r.matrix()[6 * i + k] * r.matrix()[6 * j + k];
      CHECK(dot == Approx(i == j ? 1.0 : 0.0).margin(1e-14));
    }
  CHECK(Rotation(6, 5).matrix() == r.matrix());
  CHECK(Rotation(6, 6).matrix() != r.matrix());
  std::vector<double> centre(6, 2.5), out(6);
  r.about(2.5, centre, out);
  CHECK(out == centre);
}

TEST_CASE("the rotated functions are not separable") {
  Faults faults;
  for (const std::string name : {"af2", "af4"}) {
    const ReferenceProblem p = reference_problem(name, 2);
    auto mixed_difference = [&](const std::string& type) {
      auto model = make_function(type, 2, faults);
      const double a = p.maxima[0][0], h = 0.05 * (p.high - p.low);
      return value(*model, {a - h, a - h}) - value(*model, {a - h, a}) - value(*model, {a, a - h}) + value(*model, {a, a});
    };
    CHECK(std::abs(mixed_difference(name)) < 1e-9);
    CHECK(std::abs(mixed_difference(name + "_rotated")) > 1e-3);
  }
}

TEST_CASE("values by hand") {
  Faults faults;
  CHECK(value(*make_function("af1", 2, faults), {-28, 30}) == Approx(-std::exp(-std::pow(2.0, 10) - std::pow(28.0 / 15, 10))));
  CHECK(value(*make_function("af2", 1, faults), {0.27}) == Approx(-20.25));
  CHECK(value(*make_function("af3", 1, faults), {1.0}) == Approx(std::pow(std::sin(4.75 * std::numbers::pi), 6)));
  CHECK(value(*make_function("af4", 2, faults), {0, 0}) == Approx(-2 * 418.9828872724));
  CHECK(value(*make_function("rosenbrock", 3, faults), {0, 1, 2}) == Approx(-(100 + 1 + 100 + 0)));
}

TEST_CASE("a dimension that a function lacks is one clear fault") {
  Faults faults;
  CHECK_FALSE(make_function("rosenbrock", 1, faults));
  CHECK_FALSE(make_function("eggbox", 3, faults));
  REQUIRE(faults.size() == 2);
  CHECK(faults.all()[0].text.find("at least 2 parameters") != std::string::npos);
  CHECK(faults.all()[1].text.find("takes 2 parameters") != std::string::npos);
  CHECK_THROWS_AS(reference_problem("eggbox", 3), std::runtime_error);
  CHECK_THROWS_WITH(reference_problem("egbox", 2), Catch::Contains("did you mean 'eggbox'"));
}
