// Evidence against exact values, and what nested sampling does with plateaus, failures and nothing at all.

#include <cmath>
#include <numbers>
#include <queue>
#include <sstream>

#include "src/base/error.h"
#include "src/samplers/nested/evidence.h"
#include "tests/src/samplers/drive.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {
using U = std::span<const double>;
constexpr double inf = std::numeric_limits<double>::infinity();

double eggbox(U u) { return std::pow(2.0 + std::cos(5.0 * std::numbers::pi * u[0]) * std::cos(5.0 * std::numbers::pi * u[1]), 5.0); }
double shells(U u) {
  double common = 0.0;
  for (std::size_t i = 1; i < u.size(); ++i) common += std::pow(12.0 * u[i] - 6.0, 2);
  const auto shell = [&](double centre) { return std::exp(-50.0 * std::pow(std::sqrt(common + std::pow(12.0 * u[0] - 6.0 - centre, 2)) - 2.0, 2)); };
  return std::log(shell(-3.5) + shell(3.5)) - std::log(0.1 * std::sqrt(2.0 * std::numbers::pi));
}
/// Normalised, well inside the cube: ln Z = 0.
double normal(U u) {
  constexpr double sigma = 0.05;
  double sum = 0.0;
  for (const double x : u) sum += -0.5 * std::pow((x - 0.4) / sigma, 2) - std::log(sigma * std::sqrt(2.0 * std::numbers::pi));
  return sum;
}

std::unique_ptr<Sampler> nested(std::size_t dim, std::uint64_t seed, std::vector<Config::Item> options = {}, bool periodic = false) {
  return make("nested", {dim, std::vector<bool>(dim, periodic), seed}, std::move(options));
}
Config::Item option(const char* key, const char* value) { return {key, Config(value), {}}; }

double number(const SamplerResult& result, const std::string& name) {
  for (const auto& [key, value] : result.numbers)
    if (key == name) return value;
  FAIL("no number " << name);
  return 0.0;
}
bool warns(const SamplerResult& result, const std::string& of) {
  for (const std::string& w : result.warnings)
    if (w.find(of) != std::string::npos) return true;
  return false;
}

SamplerResult run(Sampler& sampler, const Function& f) {
  const Driven driven = drive(sampler, f, {.ask_size = 16, .in_flight = 16, .stop = 10000000, .most_told = 3000000});
  CHECK(sampler.done());
  CHECK_FALSE(driven.stuck);
  return sampler.result();
}

struct Pulls {
  double n = 0, sum = 0, square = 0, least_p = 1;
  void add(const SamplerResult& r, double exact) {
    add((number(r, "ln_evidence") - exact) / number(r, "ln_evidence_error"));
    least_p = std::min(least_p, number(r, "insertion_p_value"));
  }
  void add(double pull) { ++n, sum += pull, square += pull * pull; }
  double mean() const { return sum / n; }
  double width() const { return std::sqrt(square / n); }
};

}  // namespace

TEST_CASE("nested sampling finds the evidence of eggbox, shells and a normal, and its error is right") {
  struct Row {
    double (*f)(U);
    std::size_t dim;
    double exact;
    std::vector<Config::Item> options;
  };
  const Row rows[] = {{eggbox, 2, 235.85594, {}},
                      {shells, 2, -1.746, {}},
                      {normal, 5, 0.0, {option("live_points", "200")}},
                      {normal, 5, 0.0, {option("live_points", "100"), option("inner", "slice")}},
                      {shells, 2, -1.746, {option("live_points", "200"), option("inner", "slice"), option("moves", "8")}}};
  Pulls all;
  for (const Row& row : rows) {
    Pulls pulls;
    for (std::uint64_t seed : {1, 2, 3, 4}) pulls.add(run(*nested(row.dim, seed, row.options), plain(row.f)), row.exact);
    INFO(row.dim << "-D, exact " << row.exact << ", mean pull " << pulls.mean() << ", width " << pulls.width());
    CHECK(std::abs(pulls.mean()) < 3.5 / std::sqrt(pulls.n));
    CHECK(pulls.width() < 2.2);
    CHECK(pulls.least_p > 1e-4);
    all.n += pulls.n, all.sum += pulls.sum, all.square += pulls.square;
  }
  CHECK(std::abs(all.mean()) < 3.0 / std::sqrt(all.n));
  CHECK(all.width() > 0.6);
  CHECK(all.width() < 1.45);
}

TEST_CASE("20 seeds: pulls, insertion test and cost of the evidence in 2 and 5 dimensions", "[nightly]") {
  const auto rosenbrock = [](U u) {
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < u.size(); ++i) {
      const double x = 10.0 * u[i] - 5.0, y = 10.0 * u[i + 1] - 5.0;
      sum -= 100.0 * (y - x * x) * (y - x * x) + (1.0 - x) * (1.0 - x);
    }
    return sum;
  };
  struct Row {
    std::function<double(U)> f;
    std::size_t dim;
    double exact, peer;  // the peer's calls x rms^2: MultiNest 3.10, 500 live points
  };
  for (const Row& row : {Row{eggbox, 2, 235.85594, 327.0}, Row{shells, 2, -1.746, 53.0}, Row{shells, 5, -5.674, 200.0}, Row{rosenbrock, 5, -19.7324, 2457.0}}) {
    Pulls pulls;
    double calls = 0.0, square = 0.0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto sampler = nested(row.dim, seed);
      const SamplerResult r = run(*sampler, plain(row.f));
      pulls.add(r, row.exact);
      calls += static_cast<double>(sampler->end()) / 20.0;
      square += std::pow(number(r, "ln_evidence") - row.exact, 2) / 20.0;
    }
    INFO(row.dim << "-D, exact " << row.exact << ", mean pull " << pulls.mean() << ", width " << pulls.width() << ", calls " << calls << ", rms^2 " << square);
    CHECK(std::abs(pulls.mean()) < 3.0 / std::sqrt(pulls.n));
    CHECK(pulls.width() > 0.6);
    CHECK(pulls.width() < 1.5);
    CHECK(pulls.least_p > 0.05 / 20 / 10);
    CHECK(calls * square < row.peer);
  }
}

TEST_CASE("run times that depend on the likelihood change nothing in nested sampling") {
  for (const char* inner : {"regions", "slice"}) {
    INFO(inner);
    const std::vector<Config::Item> options = {option("live_points", "150"), option("inner", inner), option("look_ahead", "32")};
    const auto reference = nested(3, 7, options), timed = nested(3, 7, options);
    const SamplerResult one = run(*reference, plain(normal));
    // 32 workers in virtual time; a good point takes longer, by a random factor too.
    using Finish = std::pair<double, std::size_t>;
    std::priority_queue<Finish, std::vector<Finish>, std::greater<>> running;
    std::vector<Task> tasks;
    double now = 0.0;
    while (!timed->done()) {
      while (running.size() < 32) {
        auto asked = timed->ask(1);
        if (asked.empty()) break;
        const double value = normal(doubles(asked[0].payload));
        RandomStream stream(1, Purpose::virtual_time, asked[0].id);
        running.emplace(now + std::exp(std::max(0.0, value) + stream.normal()), tasks.size());
        tasks.push_back(std::move(asked[0]));
      }
      REQUIRE_FALSE(running.empty());
      now = running.top().first;
      const Task& task = tasks[running.top().second];
      running.pop();
      timed->tell(outcome(task.id, doubles(task.payload), normal(doubles(task.payload))));
    }
    const SamplerResult two = timed->result();
    CHECK(timed->end() == reference->end());
    CHECK(two.ids == one.ids);
    CHECK(two.log_weight == one.log_weight);
    CHECK(std::abs(number(two, "ln_evidence")) < 3.5 * number(two, "ln_evidence_error"));
  }
}

TEST_CASE("nested sampling goes on from a state in the middle of its regions and chains") {
  for (const char* inner : {"regions", "slice"}) {
    INFO(inner);
    const std::vector<Config::Item> options = {option("live_points", "60"), option("inner", inner), option("look_ahead", "8")};
    const auto reference = nested(2, 3, options), before = nested(2, 3, options), after = nested(2, 3, options), other = nested(2, 3);
    const SamplerResult whole = run(*reference, plain(shells));
    Driven part = drive(*before, plain(shells), {.ask_size = 5, .in_flight = 8, .shuffle = 2, .stop = 900});
    std::stringstream state, again;
    before->save(state);
    again << state.str();
    CHECK_THROWS_AS(other->load(again), UserError);
    after->load(state);
    part.pending.clear();
    drive(*after, plain(shells), {.ask_size = 3, .in_flight = 8, .shuffle = 5, .stop = 10000000}, part);
    CHECK(after->result().ids == whole.ids);
    CHECK(after->result().log_weight == whole.log_weight);
    CHECK(after->end() == reference->end());
  }
}

TEST_CASE("a likelihood of zero, unphysical points and failures count as zero in the evidence") {
  // In half of the box nothing is physical, in a tenth the likelihood is zero; what is left holds the peak.
  const auto f = [](Status status) {
    return [status](TaskId id, U u) {
      if (u[1] > 0.8) return outcome(id, u, std::nan(""), status);
      return outcome(id, u, u[1] < 0.1 ? -inf : normal(u));
    };
  };
  const SamplerResult unphysical = run(*nested(2, 1, {option("live_points", "300")}), f(Status::unphysical));
  CHECK(std::abs(number(unphysical, "ln_evidence")) < 3.5 * number(unphysical, "ln_evidence_error"));
  CHECK(number(unphysical, "physical_fraction") == Approx(0.8).margin(4.0 * std::sqrt(0.16 / 400)));
  CHECK(number(unphysical, "ln_evidence_physical") == Approx(number(unphysical, "ln_evidence") - std::log(number(unphysical, "physical_fraction"))));
  CHECK_FALSE(warns(unphysical, "failed"));

  const SamplerResult failing = run(*nested(2, 1, {option("live_points", "300")}), f(Status::timeout));
  CHECK(warns(failing, "failed"));
  CHECK(number(failing, "failed_fraction") == Approx(0.2).margin(0.08));
  double sum = 0.0;
  for (const double w : failing.log_weight) sum += std::exp(w);
  CHECK(sum == Approx(1.0));
  CHECK(failing.ids.size() == failing.log_prior_volume.size());
  CHECK(failing.ids.size() == failing.birth_log_likelihood.size());
}

TEST_CASE("plateaus of the likelihood do not bias the evidence, and one at the top ends the run") {
  // A floor over most of the box, and a cap on the peak: Z by hand.
  const double area = std::numbers::pi * 0.3 * 0.3, inner = std::numbers::pi * 0.1 * 0.1;
  const auto f = [](U u) {
    const double r = std::hypot(u[0] - 0.5, u[1] - 0.5);
    return r > 0.3 ? -2.0 : r > 0.1 ? 0.0 : 1.0;
  };
  const double exact = std::log((1.0 - area) * std::exp(-2.0) + (area - inner) + inner * std::exp(1.0));
  Pulls pulls;
  for (std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    const SamplerResult r = run(*nested(2, seed, {option("live_points", "200")}), plain(f));
    CHECK(warns(r, "same likelihood"));
    pulls.add(r, exact);
  }
  CHECK(std::abs(pulls.mean()) < 3.5 / std::sqrt(pulls.n));
  CHECK(pulls.width() < 2.0);

  const SamplerResult flat = run(*nested(2, 1), plain([](U) { return 3.5; }));
  CHECK(number(flat, "ln_evidence") == Approx(3.5));
}

TEST_CASE("nested sampling gives up where there is no likelihood, and says so") {
  const auto hopeless = nested(3, 1, {option("patience", "700")});
  const SamplerResult r = run(*hopeless, plain([](U) { return -inf; }));
  CHECK(hopeless->end() == 700);
  CHECK(number(r, "ln_evidence") == -inf);
  CHECK(warns(r, "in a row"));
  CHECK(warns(r, "none of 700 points"));
  // Zero nearly everywhere: the mean over the draws from the prior.
  const SamplerResult rare = run(*nested(2, 1, {option("patience", "3000")}), plain([](U u) { return u[0] < 0.001 && u[1] < 0.5 ? 2.0 : -inf; }));
  CHECK(warns(rare, "not complete"));
}

TEST_CASE("periodic parameters join the two ends of a peak") {
  const auto f = [](U u) {
    double sum = 0.0;
    for (const double x : u) {
      const double y = x < 0.5 ? x : x - 1.0;
      sum += -0.5 * y * y / 0.0025 - 0.5 * std::log(2.0 * std::numbers::pi * 0.0025);
    }
    return sum;
  };
  const SamplerResult joined = run(*nested(4, 1, {option("live_points", "200")}, true), plain(f));
  CHECK(std::abs(number(joined, "ln_evidence")) < 3.5 * number(joined, "ln_evidence_error"));
  CHECK(number(joined, "modes") == 1.0);
  CHECK(number(run(*nested(2, 1, {option("live_points", "200")}), plain(f)), "modes") == 4.0);
}

TEST_CASE("modes have evidences of their own") {
  const auto f = [](U u) {
    const auto peak = [&](double x, double share) {
      return share * std::exp(-0.5 * (std::pow((u[0] - x) / 0.03, 2) + std::pow((u[1] - 0.5) / 0.03, 2))) / (2.0 * std::numbers::pi * 0.0009);
    };
    return std::log(peak(0.2, 0.75) + peak(0.8, 0.25));
  };
  const SamplerResult r = run(*nested(2, 2), plain(f));
  REQUIRE(number(r, "modes") == 2.0);
  CHECK(number(r, "mode_0_ln_evidence") == Approx(std::log(0.75)).margin(0.3));
  CHECK(number(r, "mode_1_ln_evidence") == Approx(std::log(0.25)).margin(0.5));

  // Each point says which mode it belongs to; those that died before the two were apart to none.
  Pulls pulls;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const auto sampler = nested(2, seed, {option("live_points", "100")});
    const Driven driven = drive(*sampler, plain(f), {.ask_size = 16, .in_flight = 16, .stop = 10000000, .most_told = 3000000});
    const SamplerResult one = sampler->result();
    REQUIRE(one.mode.size() == one.ids.size());
    double wrong = 0.0, none = 0.0;
    for (std::size_t i = 0; i < one.ids.size(); ++i) {
      wrong += one.mode[i] >= 0 && (driven.points.at(one.ids[i])[0] < 0.5) != (one.mode[i] == 0) ? std::exp(one.log_weight[i]) : 0.0;
      none += one.mode[i] < 0 ? std::exp(one.log_weight[i]) : 0.0;
    }
    CHECK(wrong < 0.01);
    CHECK(none < 0.2);
    for (const double share : {0.75, 0.25}) {
      const std::string name = share > 0.5 ? "mode_0_ln_evidence" : "mode_1_ln_evidence";
      pulls.add((number(one, name) - std::log(share)) / number(one, name + "_error"));
    }
  }
  CHECK(std::abs(pulls.mean()) < 3.5 / std::sqrt(pulls.n));
  CHECK(pulls.width() > 0.6);
  CHECK(pulls.width() < 1.5);
}

TEST_CASE("samples of equal weight are as many as promised, and have the moments of the posterior") {
  const auto sampler = nested(2, 1);
  const Driven driven = drive(*sampler, plain(normal), {.ask_size = 16, .in_flight = 16, .stop = 10000000, .most_told = 3000000});
  const SamplerResult r = sampler->result();
  REQUIRE(r.equal_weight.size() == r.ids.size());
  double count = 0.0, x = 0.0;
  for (std::size_t i = 0; i < r.ids.size(); ++i)
    if (r.equal_weight[i]) ++count, x += driven.points.at(r.ids[i])[0];
  const double promised = number(r, "equal_weight_samples");
  CHECK(std::abs(count - promised) < 4.0 * std::sqrt(promised));
  CHECK(std::abs(x / count - 0.4) < 4.0 * 0.05 / std::sqrt(count));
  CHECK(sampler->result().equal_weight == r.equal_weight);
}

TEST_CASE("a run that is cut short says that its evidence has not converged") {
  const auto sampler = nested(3, 1, {option("live_points", "100")});
  drive(*sampler, plain(normal), {.ask_size = 16, .in_flight = 16, .stop = 300});
  REQUIRE_FALSE(sampler->done());
  const SamplerResult early = sampler->result();
  CHECK(warns(early, "not converged"));
  CHECK(number(early, "remaining_evidence") > 0.01);
  const SamplerResult whole = run(*nested(3, 1, {option("live_points", "100")}), plain(normal));
  CHECK_FALSE(warns(whole, "not converged"));
  CHECK(number(whole, "remaining_evidence") < 0.01);
}

TEST_CASE("slice chains that stay near where they begin are noticed") {
  // A thin, bent valley, for which two moves are too few; and a normal, for which the default is enough.
  const auto valley = [](U u) {
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < u.size(); ++i) {
      const double x = 10.0 * u[i] - 5.0, y = 10.0 * u[i + 1] - 5.0;
      sum -= 100.0 * (y - x * x) * (y - x * x) + (1.0 - x) * (1.0 - x);
    }
    return sum;
  };
  const SamplerResult near = run(*nested(6, 1, {option("live_points", "100"), option("inner", "slice"), option("moves", "2")}), plain(valley));
  CHECK(number(near, "jump_rank") < 0.2);
  CHECK(warns(near, "stayed near"));
  const SamplerResult far = run(*nested(6, 1, {option("live_points", "100"), option("inner", "slice")}), plain(normal));
  CHECK(number(far, "jump_rank") > 0.35);
  CHECK_FALSE(warns(far, "stayed near"));
}

TEST_CASE("birth contours, with the likelihoods, are all that the evidence needs") {
  const auto sampler = nested(2, 4, {option("live_points", "100")});
  const Driven driven = drive(*sampler, plain(normal), {.ask_size = 16, .in_flight = 16, .stop = 10000000});
  const SamplerResult r = sampler->result();
  std::vector<NestedPoint> points;
  double largest = -inf;
  for (std::size_t i = 0; i < r.ids.size(); ++i) {
    points.push_back({r.ids[i], driven.log_likelihood.at(r.ids[i]), r.birth_log_likelihood[i]});
    CHECK(points.back().birth < points.back().log_likelihood);
    largest = std::max(largest, r.log_weight[i]);
  }
  CHECK(weigh(points, RandomStream(1, Purpose::simulate, 0)).ln_evidence == Approx(number(r, "ln_evidence")));
  CHECK(number(r, "equal_weight_samples") == Approx(std::exp(-largest)));
}

TEST_CASE("more live points in the bulk give more samples") {
  const SamplerResult plain_run = run(*nested(3, 1, {option("live_points", "100")}), plain(normal));
  const SamplerResult dynamic = run(*nested(3, 1, {option("live_points", "100"), option("bulk_live_points", "500")}), plain(normal));
  CHECK(number(dynamic, "effective_samples") > 2.5 * number(plain_run, "effective_samples"));
  CHECK(std::abs(number(dynamic, "ln_evidence")) < 3.5 * number(dynamic, "ln_evidence_error"));
}

TEST_CASE("nested sampling refuses too few live points for the dimension") {
  CHECK_THROWS_WITH(nested(10, 1, {option("live_points", "20")}), Catch::Contains("too few for 10 dimensions"));
  CHECK_THROWS_AS(nested(2, 1, {option("bulk_live_points", "20")}), UserError);
  CHECK_THROWS_AS(nested(2, 1, {option("inner", "magic")}), UserError);
}
