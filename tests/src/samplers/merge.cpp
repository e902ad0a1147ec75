#include "src/samplers/nested/merge.h"

#include <cmath>
#include <numbers>

#include "tests/src/samplers/drive.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {
using U = std::span<const double>;
constexpr double inf = std::numeric_limits<double>::infinity();

/// Normalised, inside the cube, on three quarters of the box; nothing on the rest: ln Z = 0.
double normal(U u) {
  if (u[0] > 0.75) return -inf;
  double sum = 0.0;
  for (const double x : u) sum += -0.5 * std::pow((x - 0.4) / 0.05, 2) - std::log(0.05 * std::sqrt(2.0 * std::numbers::pi));
  return sum;
}

double number(const SamplerResult& result, const std::string& name) {
  for (const auto& [key, value] : result.numbers)
    if (key == name) return value;
  FAIL("no number " << name);
  return 0.0;
}

struct Made {
  NestedRun run;
  SamplerResult result;
};
Made nested(std::uint64_t seed, const char* live_points, TaskId first_id) {
  const auto sampler = make("nested", {3, {false, false, false}, seed}, {{"live_points", Config(live_points), {}}});
  const Driven driven = drive(*sampler, plain(normal), {.ask_size = 16, .in_flight = 16, .stop = 10000000, .most_told = 1000000});
  Made made{{}, sampler->result()};
  const SamplerResult& r = made.result;
  for (std::size_t i = 0; i < r.ids.size(); ++i) made.run.points.push_back({first_id + r.ids[i], driven.log_likelihood.at(r.ids[i]), r.birth_log_likelihood[i]});
  made.run.log_positive = find_log_positive(made.run.points, r.log_prior_volume);
  made.run.ln_evidence = number(r, "ln_evidence");
  made.run.ln_evidence_error = number(r, "ln_evidence_error");
  made.run.insertion_p_value = number(r, "insertion_p_value");
  return made;
}
}  // namespace

TEST_CASE("merged nested runs have the exact evidence within a smaller error, whatever their numbers of live points") {
  double pull = 0.0, square = 0.0;
  constexpr int groups = 12;
  for (int g = 0; g < groups; ++g) {
    std::vector<NestedRun> runs;
    double precision = 0.0, samples = 0.0;
    for (int k = 0; k < 3; ++k) {
      const Made made = nested(static_cast<std::uint64_t>(100 * g + k), k == 0 ? "50" : "100", static_cast<TaskId>(k) * 1000000);
      precision += std::pow(made.run.ln_evidence_error, -2);
      samples += number(made.result, "effective_samples");
      runs.push_back(made.run);
    }
    const SamplerResult merged = merge_nested(runs, 1);
    CHECK(merged.warnings.empty());
    const double error = number(merged, "ln_evidence_error");
    CHECK(error == Approx(1.0 / std::sqrt(precision)).epsilon(0.3));
    CHECK(number(merged, "effective_samples") == Approx(samples).epsilon(0.2));
    double sum = 0.0;
    for (const double w : merged.log_weight) sum += std::exp(w);
    CHECK(sum == Approx(1.0));
    CHECK(std::is_sorted(merged.ids.begin(), merged.ids.end()));
    const double p = number(merged, "ln_evidence") / error;
    pull += p / groups, square += p * p / groups;
  }
  INFO("mean pull " << pull << ", width " << std::sqrt(square));
  CHECK(std::abs(pull) < 3.5 / std::sqrt(groups));
  CHECK(std::sqrt(square) > 0.5);
  CHECK(std::sqrt(square) < 1.7);
}

TEST_CASE("the merger of one run is that run") {
  const Made made = nested(7, "100", 0);
  CHECK(std::exp(made.run.log_positive) == Approx(0.75).margin(0.15));
  const SamplerResult merged = merge_nested({made.run}, 1);
  CHECK(merged.ids == made.result.ids);
  for (std::size_t i = 0; i < merged.ids.size(); ++i) CHECK(merged.log_weight[i] == Approx(made.result.log_weight[i]).margin(1e-9));
  CHECK(number(merged, "ln_evidence") == Approx(number(made.result, "ln_evidence")).margin(0.03));
  CHECK(number(merged, "insertion_p_value") == Approx(number(made.result, "insertion_p_value")));
}

TEST_CASE("runs that disagree are reported") {
  NestedRun a = nested(1, "100", 0).run, b = nested(2, "100", 1000000).run;
  b.ln_evidence += 2.0;
  const SamplerResult merged = merge_nested({a, b}, 1);
  REQUIRE(merged.warnings.size() == 1);
  CHECK(merged.warnings[0].find("disagree") != std::string::npos);
}

TEST_CASE("what the parts say of failures, chains and convergence is not lost") {
  NestedRun a = nested(1, "100", 0).run, b = nested(2, "200", 1000000).run;
  a.name = "runs/a";
  a.physical_fraction = 0.8, b.physical_fraction = 0.5;
  a.failed_fraction = 0.0, b.failed_fraction = 0.3;
  a.jump_rank = 0.5, b.jump_rank = 0.2;
  a.remaining_evidence = 0.7, b.remaining_evidence = 0.01;
  a.warnings = {"ln Z is not converged"};
  const SamplerResult merged = merge_nested({a, b}, 1);
  REQUIRE(merged.warnings.size() == 1);
  CHECK(merged.warnings[0] == "runs/a: ln Z is not converged");
  CHECK(number(merged, "jump_rank") == 0.2);
  CHECK(number(merged, "remaining_evidence") == 0.7);
  CHECK(number(merged, "physical_fraction") == Approx(0.6).margin(0.03));
  CHECK(number(merged, "failed_fraction") == Approx(0.2).margin(0.03));
  CHECK(number(merged, "ln_evidence_physical") == Approx(number(merged, "ln_evidence") - std::log(number(merged, "physical_fraction"))));
  CHECK(merged.equal_weight.size() == merged.ids.size());
}
