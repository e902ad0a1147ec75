// Every Markov-chain sampler, and rejection, against posteriors whose moments are known.

#include <cmath>
#include <queue>
#include <sstream>

#include "src/base/error.h"
#include "tests/src/samplers/drive.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {
using U = std::span<const double>;
constexpr double inf = std::numeric_limits<double>::infinity();
const std::vector<std::string> chains = {"metropolis", "ensemble_mcmc", "differential_mcmc", "parallel_tempering"};
const std::vector<std::string> all = {"metropolis", "ensemble_mcmc", "differential_mcmc", "parallel_tempering", "rejection"};

/// In u: x falls off from a wall like exp(-5 x); y and z are normal about (.4, .6), sigma .05 and .1, correlation .8.
double posterior(U u) {
  const double a = (u[1] - 0.4) / 0.05, b = (u[2] - 0.6) / 0.1, rho = 0.8;
  return -5.0 * u[0] - 0.5 * (a * a - 2.0 * rho * a * b + b * b) / (1.0 - rho * rho);
}

double number(const SamplerResult& result, const std::string& name) {
  for (const auto& [key, value] : result.numbers)
    if (key == name) return value;
  FAIL("no number " << name);
  return 0.0;
}
Config::Item option(const char* key, const char* value) { return {key, Config(value), {}}; }

struct Run {
  SamplerResult result;
  Driven driven;
  double mean(const std::function<double(U)>& f) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < result.ids.size(); ++i) sum += std::exp(result.log_weight[i]) * f(driven.points.at(result.ids[i]));
    return sum;
  }
};
Run run(Sampler& sampler, const Function& f) {
  Run r;
  r.driven = drive(sampler, f, {.ask_size = 50, .in_flight = 50, .stop = 10000000, .most_told = 1000000});
  CHECK(sampler.done());
  CHECK_FALSE(r.driven.stuck);
  r.result = sampler.result();
  return r;
}
}  // namespace

TEST_CASE("chains and rejection give the moments of the posterior within the error of their effective sample size") {
  const double wall = 1.0 / 5.0 - std::exp(-5.0) / (1.0 - std::exp(-5.0));
  for (const std::string& type : all) {
    INFO(type);
    const auto sampler = make(type, {3, {false, false, false}, 11}, {option("effective_samples", "2000")});
    const Run r = run(*sampler, plain(posterior));
    CHECK(r.result.warnings.empty());
    const double ess = number(r.result, "effective_samples");
    CHECK(ess >= 2000.0);
    const auto close = [&](double value, double expected, double sigma) {
      INFO(value << " for " << expected);
      CHECK(std::abs(value - expected) < 4.0 * sigma / std::sqrt(ess));
    };
    close(r.mean([](U u) { return u[0]; }), wall, 0.2);
    close(r.mean([](U u) { return u[1]; }), 0.4, 0.05);
    close(r.mean([](U u) { return u[2]; }), 0.6, 0.1);
    close(r.mean([](U u) { return (u[1] - 0.4) * (u[1] - 0.4); }), 0.0025, 0.0025 * std::sqrt(2.0) * 1.5);
    close(r.mean([](U u) { return (u[1] - 0.4) * (u[2] - 0.6); }), 0.004, 0.0065 * 1.5);
    close(r.mean([](U u) { return u[0] < 0.02 ? 1.0 : 0.0; }), (1.0 - std::exp(-0.1)) / (1.0 - std::exp(-5.0)), 0.29 * 1.5);
  }
}

TEST_CASE("chains are the same whatever an evaluation takes") {
  for (const std::string& type : chains) {
    INFO(type);
    const SamplerContext context{3, {false, false, false}, 5};
    const std::vector<Config::Item> options = {option("effective_samples", "300"), option("r_hat", "1.1")};
    const auto reference = make(type, context, options), timed = make(type, context, options);
    const Run one = run(*reference, plain(posterior));
    // 40 workers in virtual time: a good point takes longer, by a random factor too.
    using Finish = std::pair<double, std::size_t>;
    std::priority_queue<Finish, std::vector<Finish>, std::greater<>> running;
    std::vector<Task> tasks;
    double now = 0.0;
    while (!timed->done()) {
      while (running.size() < 40) {
        auto asked = timed->ask(1);
        if (asked.empty()) break;
        RandomStream stream(1, Purpose::virtual_time, asked[0].id);
        running.emplace(now + std::exp(std::max(-3.0, posterior(doubles(asked[0].payload))) + stream.normal()), tasks.size());
        tasks.push_back(std::move(asked[0]));
      }
      REQUIRE_FALSE(running.empty());
      now = running.top().first;
      const Task& task = tasks[running.top().second];
      running.pop();
      timed->tell(outcome(task.id, doubles(task.payload), posterior(doubles(task.payload))));
    }
    CHECK(timed->end() == reference->end());
    CHECK(timed->result().ids == one.result.ids);
    CHECK(timed->result().log_weight == one.result.log_weight);
  }
}

TEST_CASE("failures and zeros are places where chains do not go") {
  // Half of the box is forbidden in one way or another.
  const Function f = [](TaskId id, U u) {
    if (u[0] > 0.5) return outcome(id, u, std::nan(""), id % 2 ? Status::timeout : Status::unphysical);
    return outcome(id, u, u[1] < 0.2 ? -inf : -2.0 * u[1]);
  };
  for (const std::string& type : all) {
    INFO(type);
    const Run r = run(*make(type, {2, {false, false}, 2}, {option("effective_samples", "500"), option("patience", "3000")}), f);
    CHECK(r.mean([](U u) { return u[0] > 0.5 || u[1] < 0.2 ? 1.0 : 0.0; }) == 0.0);
    CHECK(std::abs(r.mean([](U u) { return u[0]; }) - 0.25) < 4.0 * 0.145 / std::sqrt(500.0));
    const auto hopeless = make(type, {2, {false, false}, 2}, {option("patience", "3000")});
    const Run none = run(*hopeless, plain([](U) { return -inf; }));
    CHECK(hopeless->end() >= 3000);
    CHECK(hopeless->end() < 3200);
    CHECK(none.result.ids.empty());
    REQUIRE_FALSE(none.result.warnings.empty());
    CHECK(none.result.warnings[0].find("had a likelihood above zero") != std::string::npos);
    CHECK(number(none.result, "effective_samples") == 0.0);
    if (type != "rejection") CHECK(number(none.result, "r_hat") == inf);
  }
}

TEST_CASE("chains end where their ensembles sit in different modes, and say so") {
  const auto f = [](U u) {
    const auto peak = [&](double x) { return std::exp(-5000.0 * (std::pow(u[0] - x, 2) + std::pow(u[1] - x, 2))); };
    return std::log(peak(0.2) + peak(0.8) + 1e-300);
  };
  const auto sampler = make("metropolis", {2, {false, false}, 1}, {option("patience", "2000")});
  const Run r = run(*sampler, plain(f));
  CHECK(sampler->end() >= 20000);
  CHECK(sampler->end() < 100000);
  CHECK(number(r.result, "r_hat") > 1.1);
  CHECK(std::any_of(r.result.warnings.begin(), r.result.warnings.end(), [](const std::string& w) { return w.find("different modes") != std::string::npos; }));
}

TEST_CASE("chains do not wait for ever for walkers that find nothing, and leave them out") {
  // One start of the eight walkers' is allowed, in a part of the box that no draw from the prior finds.
  const auto start = start_from(earlier_points({{0.5, 0.5}, {0.1, 0.1}, {0.2, 0.2}, {0.3, 0.3}}));
  const auto f = [](U u) { return std::abs(u[0] - 0.5) < 1e-4 && std::abs(u[1] - 0.5) < 1e-4 ? 0.0 : -inf; };
  const auto sampler = make("metropolis", {2, {false, false}, 1, Sampler::no_end, start}, {option("patience", "3000")});
  const Run r = run(*sampler, plain(f));
  CHECK(sampler->end() == (3000 / 7 + 1) * 8);
  CHECK(number(r.result, "r_hat") == inf);
  CHECK_FALSE(r.result.ids.empty());
  REQUIRE_FALSE(r.result.warnings.empty());
  CHECK(r.result.warnings[0].find("7 walkers found no likelihood above zero") != std::string::npos);
  CHECK(r.mean(f) == 0.0);
}

TEST_CASE("parallel tempering finds the shares of two separate modes") {
  const auto f = [](U u) {
    const auto peak = [&](double x, double share) { return share * std::exp(-0.5 * (std::pow((u[0] - x) / 0.02, 2) + std::pow((u[1] - 0.5) / 0.02, 2))); };
    return std::log(peak(0.2, 0.7) + peak(0.8, 0.3) + 1e-300);
  };
  const Run r = run(*make("parallel_tempering", {2, {false, false}, 3}, {option("effective_samples", "600"), option("r_hat", "1.02")}), plain(f));
  CHECK(std::abs(r.mean([](U u) { return u[0] > 0.5 ? 1.0 : 0.0; }) - 0.3) < 4.0 * std::sqrt(0.21 / 600.0));
}

TEST_CASE("rejection gives the evidence with an honest error") {
  double sum = 0.0, square = 0.0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Run r = run(*make("rejection", {2, {false, false}, seed}, {option("effective_samples", "300")}), plain([](U u) { return std::log(4.0 * u[0] * u[1]); }));
    const double pull = number(r.result, "ln_evidence") / number(r.result, "ln_evidence_error");
    sum += pull / 12, square += pull * pull / 12;
  }
  CHECK(std::abs(sum) < 3.5 / std::sqrt(12.0));
  CHECK(std::sqrt(square) > 0.5);
  CHECK(std::sqrt(square) < 1.7);
}

TEST_CASE("ensembles refuse too few or an odd number of walkers") {
  for (const char* type : {"ensemble_mcmc", "differential_mcmc"})
    for (const char* walkers : {"4", "31"}) {
      INFO(type << " " << walkers);
      CHECK_THROWS_WITH(make(type, {10, std::vector<bool>(10, false), 1}, {option("walkers", walkers)}), Catch::Contains("walkers"));
    }
}

TEST_CASE("chains that start at the points of an earlier run come to the same posterior") {
  // Points of a corner far from it, and one that has likelihood zero here: its walker draws from the prior.
  std::vector<std::vector<double>> corner{{0.99, 0.99, 0.5}};
  for (std::size_t i = 0; i < 200; ++i) {
    std::vector<double> u(3);
    RandomStream(4, Purpose::test, i).fill_uniform(u);
    for (double& x : u) x = 0.7 + 0.2 * x;
    corner.push_back(u);
  }
  const auto start = start_from(earlier_points(corner));
  for (const std::string& type : chains) {
    INFO(type);
    const auto sampler = make(type, {3, {false, false, false}, 11, Sampler::no_end, start}, {option("effective_samples", "1000"), option("r_hat", "1.02")});
    const Run r = run(*sampler, plain([](U u) { return u[0] > 0.98 && u[1] > 0.98 ? -inf : posterior(u); }));
    CHECK(r.result.warnings.empty());
    const double ess = number(r.result, "effective_samples");
    CHECK(std::abs(r.mean([](U u) { return u[1]; }) - 0.4) < 4.0 * 0.05 / std::sqrt(ess));
    CHECK(std::abs(r.mean([](U u) { return u[2]; }) - 0.6) < 4.0 * 0.1 / std::sqrt(ess));
  }
}

TEST_CASE("chains draw their starts by the weights of a posterior") {
  EarlierPoints points = prior_draws(2, 1000, 3);
  points.sample = EarlierPoints::Sample::posterior;
  for (std::size_t i = 0; i < points.size(); ++i) points.log_weight.push_back(points.point(i)[0] < 0.5 ? std::log(0.0019) : std::log(0.0001));
  const auto tasks = make("metropolis", {2, {false, false}, 1, Sampler::no_end, start_from(points)}, {option("ensembles", "60")})->ask(60);
  int low = 0;
  for (const Task& t : tasks) low += doubles(t.payload)[0] < 0.5;
  CHECK(low > 50);   // 57 on average
  CHECK(low < 60);
}
