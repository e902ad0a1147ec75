// Reweighting against exact evidences and moments, and what it says where weights do not carry.

#include <cmath>
#include <numbers>

#include "src/base/error.h"
#include "tests/src/samplers/drive.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {
using U = std::span<const double>;
constexpr double inf = std::numeric_limits<double>::infinity();

/// Normalised normal about `centre`: ln Z = 0.
Function normal(double centre, double sigma) {
  return plain([=](U u) {
    double sum = 0.0;
    for (const double x : u) sum += -0.5 * std::pow((x - centre) / sigma, 2) - std::log(sigma * std::sqrt(2.0 * std::numbers::pi));
    return sum;
  });
}

double number(const SamplerResult& result, const std::string& name) {
  for (const auto& [key, value] : result.numbers)
    if (key == name) return value;
  FAIL("no number " << name);
  return 0.0;
}
bool has(const SamplerResult& result, const std::string& name) {
  return std::any_of(result.numbers.begin(), result.numbers.end(), [&](const auto& n) { return n.first == name; });
}
bool warns(const SamplerResult& result, const std::string& of) {
  return std::any_of(result.warnings.begin(), result.warnings.end(), [&](const std::string& w) { return w.find(of) != std::string::npos; });
}

SamplerResult rerun(const EarlierPoints& points, const Function& f, std::uint64_t evaluations = Sampler::no_end) {
  const auto sampler = make("rerun", {points.dim, std::vector<bool>(points.dim, false), 1, evaluations, start_from(points)});
  const Driven run = drive(*sampler, f, {.ask_size = 7, .in_flight = 30, .shuffle = 3, .stop = std::min<TaskId>(evaluations, points.size())});
  CHECK_FALSE(run.stuck);
  CHECK(sampler->done() == (evaluations >= points.size()));
  return sampler->result();
}

/// A posterior of independent samples, with its exact evidence, by the sampler `rejection`.
EarlierPoints posterior(std::size_t dim, std::uint64_t seed, const Function& f, double samples) {
  const auto sampler = make("rejection", {dim, std::vector<bool>(dim, false), seed}, {{"effective_samples", Config(samples), {}}});
  const Driven run = drive(*sampler, f, {.ask_size = 100, .in_flight = 100, .stop = 10000000, .most_told = 3000000});
  const SamplerResult result = sampler->result();
  EarlierPoints points;
  points.dim = dim;
  points.sample = EarlierPoints::Sample::posterior;
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    const auto& u = run.points.at(result.ids[i]);
    points.ids.push_back(result.ids[i]);
    points.u.insert(points.u.end(), u.begin(), u.end());
    points.log_likelihood.push_back(run.log_likelihood.at(result.ids[i]));
    points.log_weight.push_back(result.log_weight[i]);
  }
  points.ln_evidence = 0.0;
  points.effective_samples = number(result, "effective_samples");
  points.sort();
  return points;
}

struct Pulls {
  double n = 0, sum = 0, square = 0;
  void add(double pull) { ++n, sum += pull, square += pull * pull; }
  void check() const {
    INFO("mean pull " << sum / n << ", width " << std::sqrt(square / n));
    CHECK(std::abs(sum / n) < 3.5 / std::sqrt(n));
    CHECK(std::sqrt(square / n) > 0.5);
    CHECK(std::sqrt(square / n) < 1.6);
  }
};
}  // namespace

TEST_CASE("a posterior that is reweighted to a narrower likelihood beside it has its evidence and its mean, within their errors") {
  Pulls evidence, mean;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    const EarlierPoints points = posterior(2, seed, normal(0.5, 0.1), 1000);
    const SamplerResult r = rerun(points, normal(0.54, 0.07));
    CHECK(r.warnings.empty());
    const double effective = number(r, "effective_samples");
    CHECK(effective > 100.0);
    CHECK(effective < 1000.0);
    evidence.add(number(r, "ln_evidence") / number(r, "ln_evidence_error"));
    double x = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < r.ids.size(); ++i) sum += std::exp(r.log_weight[i]), x += std::exp(r.log_weight[i]) * points.point(r.ids[i])[0];
    CHECK(sum == Approx(1.0));
    mean.add((x - 0.54) / (0.07 / std::sqrt(effective)));
  }
  evidence.check();
  mean.check();
}

TEST_CASE("draws from the prior carry the weight of their likelihood, also where only some are chosen") {
  Pulls whole, half;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    EarlierPoints points = prior_draws(2, 4000, seed);
    whole.add(number(rerun(points, normal(0.5, 0.1)), "ln_evidence") / number(rerun(points, normal(0.5, 0.1)), "ln_evidence_error"));
    EarlierPoints left = points;
    left.ids.clear(), left.u.clear(), left.log_likelihood.clear();
    for (std::size_t i = 0; i < points.size(); ++i)
      if (points.point(i)[0] < 0.5) {
        left.ids.push_back(i);
        left.u.insert(left.u.end(), points.point(i).begin(), points.point(i).end());
        left.log_likelihood.push_back(0.0);
      }
    const SamplerResult r = rerun(left, normal(0.5, 0.1));
    half.add((number(r, "ln_evidence") - std::log(0.5)) / number(r, "ln_evidence_error"));
  }
  whole.check();
  half.check();
}

TEST_CASE("another prior enters the weights") {
  // From a flat prior on [0, 1] to one of density 2 x: the mean of x under the likelihood 1 is 2/3.
  EarlierPoints points = prior_draws(1, 20000, 5);
  for (std::size_t i = 0; i < points.size(); ++i) points.log_prior_ratio.push_back(std::log(2.0 * points.u[i]));
  const SamplerResult r = rerun(points, plain([](U) { return 0.0; }));
  double mean = 0.0;
  for (std::size_t i = 0; i < r.ids.size(); ++i) mean += std::exp(r.log_weight[i]) * points.u[r.ids[i]];
  CHECK(std::abs(mean - 2.0 / 3.0) < 4.0 * 0.24 / std::sqrt(number(r, "effective_samples")));
  CHECK(std::abs(number(r, "ln_evidence")) < 4.0 * number(r, "ln_evidence_error"));
}

TEST_CASE("a posterior that has moved away from the points is reported") {
  const EarlierPoints points = posterior(2, 1, normal(0.3, 0.05), 1000);
  const SamplerResult r = rerun(points, normal(0.6, 0.05));
  CHECK(number(r, "effective_samples") < 30.0);
  CHECK(warns(r, "effective samples"));
  const SamplerResult none = rerun(points, plain([](U) { return -inf; }));
  CHECK(none.ids.empty());
  CHECK(warns(none, "no posterior"));
}

TEST_CASE("a prior that reaches beyond the earlier one has no evidence, and a filter is reported with the weight that it leaves out") {
  EarlierPoints points = prior_draws(2, 4000, 5);
  points.log_prior_ratio.assign(points.size(), -std::log(4.0));
  points.prior_share = 0.25;
  const SamplerResult wider = rerun(points, plain([](U) { return 0.0; }));
  CHECK_FALSE(has(wider, "ln_evidence"));
  CHECK(has(wider, "effective_samples"));
  CHECK(warns(wider, "25 % of this job's prior"));
  EarlierPoints filtered = posterior(2, 1, normal(0.5, 0.1), 1000);
  filtered.left_out = 0.1;
  const SamplerResult rest = rerun(filtered, normal(0.5, 0.1));
  CHECK(warns(rest, "'where' leaves out 10 %"));
  CHECK(has(rest, "ln_evidence"));
}

TEST_CASE("failures are reported with the weight that they had, and zeros are zeros") {
  const EarlierPoints points = posterior(2, 2, normal(0.5, 0.1), 1000);
  const auto f = [](Status status) {
    return [status](TaskId id, U u) { return u[0] < 0.5 ? outcome(id, u, std::nan(""), status) : normal(0.5, 0.1)(id, u); };
  };
  const SamplerResult failed = rerun(points, f(Status::timeout)), unphysical = rerun(points, f(Status::unphysical));
  CHECK(warns(failed, "failed and count as likelihood zero"));
  CHECK(unphysical.warnings.empty());
  for (const SamplerResult& r : {failed, unphysical}) {
    CHECK(number(r, "ln_evidence") == Approx(std::log(0.5)).margin(0.15));
    for (const TaskId id : r.ids) CHECK(points.point(id)[0] >= 0.5);
  }
}

TEST_CASE("correlated samples count as what the earlier run says of them") {
  EarlierPoints points = posterior(2, 3, normal(0.5, 0.1), 1000);
  const double independent = number(rerun(points, normal(0.5, 0.1)), "effective_samples");
  CHECK(independent == Approx(1000.0));
  points.effective_samples = 200.0;
  CHECK(number(rerun(points, normal(0.5, 0.1)), "effective_samples") == Approx(200.0));
}

TEST_CASE("there are no weights where the points are no sample, or not all were evaluated") {
  const SamplerResult places = rerun(earlier_points({{0.1, 0.2}, {0.3, 0.4}}), normal(0.5, 0.1));
  CHECK(places.ids.empty());
  CHECK_FALSE(has(places, "effective_samples"));
  const SamplerResult part = rerun(posterior(2, 4, normal(0.5, 0.1), 500), normal(0.5, 0.1), 100);
  CHECK(part.ids.empty());
  CHECK(warns(part, "not all of the 500 points"));
  CHECK_THROWS_WITH(make("rerun", {2, {false, false}, 1}), Catch::Contains("from: RUN"));
}
