// What every registered sampler must hold. A new one is tested as soon as it is registered: its defaults must do in 2 and in 19 dimensions.

#include <algorithm>
#include <sstream>

#include "src/base/error.h"
#include "tests/src/samplers/drive.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

constexpr std::uint64_t evaluations = 3000;

/// With the points of an earlier run where the sampler is about nothing else.
SamplerContext context(const std::string& type, std::size_t dim, std::uint64_t seed = 5) {
  std::vector<bool> periodic(dim, false);
  periodic.back() = true;
  return {dim, periodic, seed, evaluations, type == "rerun" ? start_from(prior_draws(dim, evaluations / 2, seed)) : nullptr};
}

double bowl(std::span<const double> u) {
  double sum = 0.0;
  for (double x : u) sum -= 50.0 * (x - 0.6) * (x - 0.6);
  return sum;
}

/// A third of the points fails in one way or another; which ones depends on the point alone.
Outcome failing(TaskId id, std::span<const double> u) {
  const double inf = std::numeric_limits<double>::infinity();
  switch (static_cast<int>(u[0] * 1e6) % 12) {
    case 0: return outcome(id, u, std::nan(""), Status::timeout);
    case 1: return outcome(id, u, std::nan(""), Status::unphysical);
    case 2: return outcome(id, u, -inf);
    case 3: return outcome(id, u, std::nan(""), Status::not_finite);
    default: return outcome(id, u, bowl(u));
  }
}

/// The points below `stop` of two runs are the same, bit for bit.
bool same(const Driven& a, const Driven& b, TaskId stop) {
  for (TaskId id = 0; id < stop; ++id) {
    const auto x = a.points.find(id), y = b.points.find(id);
    if ((x == a.points.end()) != (y == b.points.end())) return false;
    if (x != a.points.end() && x->second != y->second) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("every sampler gives each id once, without holes, inside the unit cube") {
  for (const std::string& type : SamplerRegistry::instance().names())
    for (std::size_t dim : {2, 19}) {
      INFO(type << " in " << dim << " dimensions");
      const auto sampler = make(type, context(type, dim));
      const Driven run = drive(*sampler, plain(bowl), {.ask_size = 1000, .in_flight = 1000, .shuffle = 3, .stop = 1000});
      CHECK_FALSE(run.stuck);
      CHECK_FALSE(run.repeated);
      CHECK((run.contiguous >= 1000 || sampler->done()));
      if (sampler->done()) CHECK(sampler->end() <= run.contiguous);
      bool inside = true;
      for (const auto& [id, u] : run.points) {
        inside &= u.size() == dim;
        for (double x : u) inside &= x >= 0.0 && x <= 1.0;
      }
      CHECK(inside);
      static_cast<void>(sampler->result());
    }
}

TEST_CASE("every sampler gives the same tasks whatever the order of telling and the size of asking") {
  for (const std::string& type : SamplerRegistry::instance().names())
    for (std::size_t dim : {2, 19}) {
      INFO(type << " in " << dim << " dimensions");
      const Drive ways[] = {{.ask_size = 1, .in_flight = 1},
                            {.ask_size = 1, .in_flight = 7, .shuffle = 1},
                            {.ask_size = 1000, .in_flight = 1000},
                            {.ask_size = 1000, .in_flight = 1000, .shuffle = 2},
                            {.ask_size = 3, .in_flight = 64, .shuffle = 3}};
      const auto reference = drive(*make(type, context(type, dim)), failing, ways[0]);
      for (const Drive& way : ways) CHECK(same(reference, drive(*make(type, context(type, dim)), failing, way), reference.contiguous));
      CHECK_FALSE(reference.stuck);
      if (type != "grid") {
        const auto other_seed = drive(*make(type, context(type, dim, 6)), failing, ways[0]);
        CHECK_FALSE(same(reference, other_seed, std::min(reference.contiguous, other_seed.contiguous)));
      }
    }
}

TEST_CASE("every sampler goes on from a saved state as if nothing had happened") {
  for (const std::string& type : SamplerRegistry::instance().names())
    for (TaskId middle : {0, 40, 333}) {
      INFO(type << " saved after " << middle);
      const Drive how{.ask_size = 20, .in_flight = 50, .shuffle = 4};
      const auto reference = drive(*make(type, context(type, 3)), failing, how);
      const auto before = make(type, context(type, 3));
      Drive part = how;
      part.stop = middle;
      Driven run = drive(*before, failing, part);
      std::stringstream state;
      before->save(state);
      const auto after = make(type, context(type, 3));
      after->load(state);
      for (const Task& t : run.pending) run.points.erase(t.id);
      run.pending.clear();
      // As many ranks as before, or one that asks for each task by itself.
      drive(*after, failing, middle == 0 ? how : Drive{.ask_size = 1, .in_flight = 1}, run);
      CHECK_FALSE(run.repeated);
      CHECK_FALSE(run.stuck);
      CHECK(same(reference, run, std::min({reference.contiguous, run.contiguous, after->end()})));
      CHECK(run.contiguous >= std::min({how.stop, reference.contiguous, after->end()}));
    }
}

TEST_CASE("no sampler's state grows with the campaign, but for what belongs to a posterior") {
  const std::size_t dim = 4;
  for (const std::string& type : SamplerRegistry::instance().names()) {
    INFO(type);
    SamplerContext long_one = context(type, dim);
    long_one.evaluations = 12000;
    const auto sampler = make(type, long_one);
    auto size_after = [&, run = Driven()](TaskId stop) mutable {
      drive(*sampler, plain(bowl), {.ask_size = 50, .in_flight = 50, .shuffle = 6, .stop = stop}, run);
      std::ostringstream out;
      sampler->save(out);
      return std::pair(static_cast<double>(out.str().size()), static_cast<double>(run.contiguous));
    };
    const auto [early, few] = size_after(3000);
    const auto [late, many] = size_after(12000);
    const double row = 8.0 * (dim + 8);
    const double allowed = sampler->result().ids.empty() ? 0.2 * early : row * (many - few);
    CHECK(late - early <= allowed);
  }
}

TEST_CASE("every sampler refuses a state that is damaged or of another problem") {
  for (const std::string& type : SamplerRegistry::instance().names()) {
    INFO(type);
    const auto sampler = make(type, context(type, 3));
    drive(*sampler, plain(bowl), {.ask_size = 20, .in_flight = 20, .stop = 60});
    std::ostringstream out;
    sampler->save(out);
    std::istringstream half(out.str().substr(0, out.str().size() / 2)), nothing, whole(out.str());
    CHECK_THROWS_AS(make(type, context(type, 3))->load(half), UserError);
    CHECK_THROWS_AS(make(type, context(type, 3))->load(nothing), UserError);
    CHECK_THROWS_AS(make(type, context(type, 4))->load(whole), UserError);
  }
}

TEST_CASE("no sampler hangs where all evaluations fail or all are alike") {
  const double inf = std::numeric_limits<double>::infinity();
  const Function hopeless[] = {[](TaskId id, std::span<const double> u) { return outcome(id, u, std::nan(""), Status::signal); },
                               [&](TaskId id, std::span<const double> u) { return outcome(id, u, -inf); },
                               [](TaskId id, std::span<const double> u) { return outcome(id, u, 1.5); },
                               [](TaskId id, std::span<const double> u) { return outcome(id, u, std::nan("")); }};
  for (const std::string& type : SamplerRegistry::instance().names())
    for (std::size_t i = 0; i < std::size(hopeless); ++i) {
      INFO(type << ", function " << i);
      const auto sampler = make(type, context(type, 4));
      const bool says_that_it_ends = sampler->end() != Sampler::no_end || sampler->stops_by_itself();
      const Driven run = drive(*sampler, hopeless[i], {.ask_size = 30, .in_flight = 30, .shuffle = 8});
      CHECK_FALSE(run.stuck);
      CHECK_FALSE(run.repeated);
      CHECK((says_that_it_ends || !sampler->done()));
      bool finite = true;
      for (const auto& [id, u] : run.points)
        for (double x : u) finite &= x >= 0.0 && x <= 1.0;
      CHECK(finite);
      static_cast<void>(sampler->result());
    }
}

TEST_CASE("every sampler names a wrong option, in words") {
  for (const auto& [type, entry] : SamplerRegistry::instance().entries()) {
    INFO(type);
    CHECK_FALSE(entry.summary.empty());
    CHECK_THROWS_AS(make(type, context(type, 2), {{"no_such_option", Config("1"), {}}}), UserError);
    for (const OptionDoc& option : entry.options) {
      INFO(option.name);
      CHECK_FALSE(option.meaning.empty());
      if (option.type != "text" && option.type != "see docs" && option.type != "list of texts")
        CHECK_THROWS_AS(make(type, context(type, 2), {{option.name, Config("nonsense"), {}}}), UserError);
      if (option.type == "whole number") CHECK_THROWS_AS(make(type, context(type, 2), {{option.name, Config("-1"), {}}}), UserError);
    }
  }
}

TEST_CASE("every sampler begins with the points of an earlier run, or says that it cannot and why") {
  // Chains and nested sampling take some of the points in an order of their own; the others the best first.
  const std::vector<std::string> refuse = {"random", "sobol", "latin_hypercube", "grid", "rejection"}, some = {"metropolis", "ensemble_mcmc", "differential_mcmc", "parallel_tempering"};
  const auto is_in = [](const std::vector<std::string>& list, const std::string& type) { return std::find(list.begin(), list.end(), type) != list.end(); };
  const SamplerContext plain_context = context("", 3);
  EarlierPoints given = prior_draws(3, 100, 8);
  for (double& x : given.u) x = 0.2 + 0.6 * x;  // bobyqa moves a start that is nearer to a wall than its first step
  for (const std::string& type : SamplerRegistry::instance().names()) {
    INFO(type);
    SamplerContext with = plain_context;
    with.start = start_from(given);
    if (is_in(refuse, type)) {
      CHECK_THROWS_WITH(make(type, with), Catch::Contains("cannot start from") && Catch::Contains("take 'start' out"));
      continue;
    }
    std::vector<Config::Item> options;
    if (type == "polish") options = {{"apart", Config("0"), {}}};
    const auto tasks = make(type, with, options)->ask(8);
    REQUIRE(tasks.size() == 8);
    for (std::size_t i = 0; i < 8; ++i) {
      const auto u = doubles(tasks[i].payload);
      bool found = false;
      for (std::size_t k = 0; k < given.size() && !found; ++k)
        found = (is_in(some, type) || k == i) && std::equal(u.begin(), u.end(), given.point(k).begin(), [](double a, double b) { return std::abs(a - b) < 1e-12; });
      CHECK(found);
    }
  }
  // Points that an optimiser went to are no draws: of these samplers nested alone minds.
  given.sample = EarlierPoints::Sample::none;
  SamplerContext with = plain_context;
  with.start = start_from(given);
  CHECK_THROWS_WITH(make("nested", with), Catch::Contains("draws from the prior"));
}
