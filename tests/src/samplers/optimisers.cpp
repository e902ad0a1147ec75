// That each optimiser finds what it is for, with its default options, and does with failures and walls what it says.

#include <sstream>

#include "src/base/error.h"
#include "tests/src/samplers/drive.h"
#include "tests/src/samplers/functions.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

/// A valley of condition number 1e4 along the diagonal; maximum 0 at u = 0.55.
double valley(std::span<const double> u) {
  double along = 0.0, square = 0.0;
  for (double x : u) {
    along += x - 0.55;
    square += (x - 0.55) * (x - 0.55);
  }
  along /= std::sqrt(static_cast<double>(u.size()));
  return -1e4 * (square - along * along) - along * along;
}

double reached(const std::string& type, double (*f)(std::span<const double>), std::size_t dim, TaskId evaluations, std::uint64_t seed, std::vector<Config::Item> options = {}) {
  const auto sampler = make(type, {dim, {}, seed, evaluations}, std::move(options));
  return best(drive(*sampler, plain(f), {.ask_size = 100, .in_flight = 10, .shuffle = seed, .stop = evaluations, .most_told = 2 * evaluations}), evaluations);
}

Config text(const char* value) { return Config(value); }

}  // namespace

TEST_CASE("every optimiser beats random points by far on a smooth function") {
  for (const std::string type : {"differential_evolution", "particle_swarm", "genetic", "bee_colony", "grey_wolf", "cma_es", "polish", "particle_filter"})
    for (std::uint64_t seed : {1, 2, 3}) {
      INFO(type << " seed " << seed);
      CHECK(reached(type, sphere, 6, 5000, seed) > 1e-2 * reached("random", sphere, 6, 5000, seed));
    }
}

TEST_CASE("methods that cross or move parameters one by one find Rastrigin's and Schwefel's minima in 5 dimensions") {
  for (const std::string type : {"differential_evolution", "particle_swarm", "bee_colony", "cma_es"})
    for (std::uint64_t seed : {1, 2, 3}) {
      INFO(type << " seed " << seed);
      CHECK(reached(type, rastrigin, 5, 30000, seed) > -1e-3);
      CHECK(reached(type, schwefel, 5, 30000, seed) > -1e-3);
    }
}

TEST_CASE("CMA-ES learns a valley that crosses all axes") {
  for (std::uint64_t seed : {1, 2, 3}) {
    INFO("seed " << seed);
    CHECK(reached("cma_es", valley, 8, 5000, seed) > -1e-6);
    CHECK(reached("cma_es", valley, 8, 5000, seed, {{"scan", text("false"), {}}}) > -1e-6);
    CHECK(reached("cma_es", valley, 8, 8000, seed, {{"lag", text("1"), {}}}) > -1e-3);
  }
}

TEST_CASE("CMA-ES converges to an optimum at the walls") {
  const auto corner = [](std::span<const double> u) {
    double sum = 0.0;
    for (double x : u) sum -= x + 0.3 * x * u[0];
    return sum;
  };
  for (std::uint64_t seed : {1, 2, 3}) {
    const auto sampler = make("cma_es", {6, {}, seed}, {{"scan", text("false"), {}}, {"restarts", text("none"), {}}});
    const Driven run = drive(*sampler, plain(corner), {.stop = 10000});
    CHECK(sampler->done());
    CHECK(best(run, 10000) > -1e-2);
  }
}

TEST_CASE("CMA-ES without restarts ends, and says with which task") {
  const auto sampler = make("cma_es", {3, {}, 1}, {{"restarts", text("none"), {}}});
  const Driven run = drive(*sampler, plain(sphere), {.ask_size = 100, .in_flight = 100, .shuffle = 2, .stop = 100000});
  CHECK(sampler->done());
  CHECK(sampler->end() == run.contiguous);
  CHECK(best(run, run.contiguous) > -1e-5);
  CHECK(sampler->ask(10).empty());
}

TEST_CASE("optimisers find the optimum where a third of the box fails") {
  const Function f = [](TaskId id, std::span<const double> u) {
    return u[0] + u[1] > 1.2 ? outcome(id, u, std::nan(""), Status::unphysical) : outcome(id, u, sphere(u));
  };
  for (const std::string type : {"differential_evolution", "particle_swarm", "genetic", "bee_colony", "cma_es", "polish"}) {
    INFO(type);
    CHECK(best(drive(*make(type, {4, {}, 2}), f, {.in_flight = 8, .shuffle = 3, .stop = 8000}), 8000) > -1e-2);
  }
}

TEST_CASE("periodic parameters are crossed where they close") {
  const auto seam = [](std::span<const double> u) {
    double sum = 0.0;
    for (double x : u) sum += std::cos(2.0 * std::numbers::pi * (x - 0.99)) - 1.0;
    return sum;
  };
  for (const std::string type : {"differential_evolution", "particle_swarm", "cma_es"})
    CHECK(best(drive(*make(type, {4, std::vector<bool>(4, true), 2}), plain(seam), {.in_flight = 8, .stop = 6000}), 6000) > -1e-6);
}

TEST_CASE("the particle filter ends after its iterations and keeps to the planned number of evaluations") {
  const auto sampler = make("particle_filter", {3, {}, 1, 20000});
  const Driven run = drive(*sampler, plain(sphere), {.ask_size = 500, .in_flight = 500, .shuffle = 2, .stop = 100000});
  CHECK(sampler->done());
  CHECK(sampler->end() == run.contiguous);
  CHECK(run.contiguous <= 20000);
  CHECK(run.contiguous > 19000);
  CHECK_THROWS_AS(make("particle_filter", {3, {}, 1}, {{"widths", Config::list({Config("0.1")}), {}}}), UserError);
}

TEST_CASE("the particle filter's widths may be absolute, or of the logarithm where the prior is") {
  const auto numbers = [](std::vector<const char*> w) {
    std::vector<Config> all(w.begin(), w.end());
    return Config::list(all);
  };
  SamplerContext context{2, {}, 1, 2000};
  const auto values = [&](std::vector<Config::Item> options) {
    const auto sampler = make("particle_filter", context, std::move(options));
    return drive(*sampler, plain(sphere), {.ask_size = 500, .in_flight = 500, .shuffle = 2, .stop = 100000}).log_likelihood;
  };
  const auto relative = values({{"widths", numbers({"0.25", "0.125"}), {}}});
  context.lengths = {400.0, 8.0};
  CHECK(values({{"widths", numbers({"100", "1"}), {}}, {"units", text("parameter"), {}}}) == relative);
  CHECK(values({{"widths", numbers({"100", "2"}), {}}, {"units", text("parameter"), {}}}) != relative);
  context.lengths = {400.0, std::nan("")};
  CHECK_THROWS_AS(make("particle_filter", context, {{"units", text("parameter"), {}}}), UserError);
  context.lengths = {1.0, 1.0};
  CHECK_THROWS_AS(make("particle_filter", context, {{"width", text("100"), {}}}), UserError);
}

TEST_CASE("polish takes every start point to its local optimum, then ends") {
  const std::vector<std::vector<double>> start{{0.5, 0.5, 0.5}, {0.1, 0.9, 0.4}, {0.29, 0.31, 0.3}};
  for (const char* method : {"bobyqa", "sbplx", "nelder_mead"}) {
    INFO(method);
    const auto sampler = make("polish", {3, {}, 1, Sampler::no_end, start_from(earlier_points(start))}, {{"method", text(method), {}}});
    const Driven run = drive(*sampler, plain(sphere), {.ask_size = 3, .in_flight = 3, .shuffle = 2, .stop = 10000});
    CHECK(sampler->done());
    for (TaskId id : {0, 1, 2}) CHECK(run.points.at(id) == start[id]);
    CHECK(best(run, sampler->end()) > -1e-5);
    CHECK(sampler->end() < 3000);
  }
}

TEST_CASE("polish does not go back to a start that failed, and takes another one where all that it sees fails") {
  const auto cliff = [](const std::vector<double>& forbidden) {
    return [forbidden](TaskId id, std::span<const double> u) {
      if (u[0] < forbidden[0]) return outcome(id, u, std::nan(""), Status::unphysical);
      return outcome(id, u, -500.0 * ((u[0] - 0.7) * (u[0] - 0.7) + (u[1] - 0.7) * (u[1] - 0.7)) - 5.0);
    };
  };
  const std::vector<std::vector<double>> start{{0.5, 0.5}};
  for (const char* method : {"bobyqa", "sbplx", "nelder_mead"})
    for (const double wall : {0.51, 0.6}) {  // beside the start: within the first simplex, and beyond it
      INFO(method << ", wall at " << wall);
      const auto sampler = make("polish", {2, {}, 1, Sampler::no_end, start_from(earlier_points(start))}, {{"method", text(method), {}}});
      const Driven run = drive(*sampler, cliff({wall}), {.stop = 100000});
      CHECK(sampler->done());
      CHECK(best(run, sampler->end()) > -5.001);
    }
  const auto hopeless = make("polish", {2, {}, 1, Sampler::no_end, start_from(earlier_points(start))}, {{"evaluations_each", text("50"), {}}});
  drive(*hopeless, cliff({2.0}), {.stop = 100000});
  CHECK(hopeless->done());
  CHECK(hopeless->end() >= 50);
  CHECK(hopeless->end() < 100);
}

TEST_CASE("numbers that follow from the evaluations allowed stay when a campaign is extended") {
  for (const std::string type : {"particle_filter", "grey_wolf"}) {
    INFO(type);
    const std::vector<Config::Item> options = type == "grey_wolf" ? std::vector<Config::Item>{} : std::vector<Config::Item>{{"iterations", text("5"), {}}};
    const auto first = make(type, {2, {}, 1, 600}, options), extended = make(type, {2, {}, 1, 3000}, options);
    Driven run = drive(*first, plain(sphere), {.stop = 400});
    std::stringstream state;
    first->save(state);
    extended->load(state);
    Driven whole = drive(*make(type, {2, {}, 1, 600}, options), plain(sphere), {.stop = 550}), rest = run;
    rest.pending.clear();
    rest.points.clear();
    drive(*extended, plain(sphere), {.stop = 550}, rest);
    for (TaskId id = 400; id < 550; ++id) CHECK(rest.points.at(id) == whole.points.at(id));
  }
  std::stringstream state;
  make("grey_wolf", {2, {}, 1, 600})->save(state);
  CHECK_THROWS_WITH(make("grey_wolf", {2, {}, 1, 600}, {{"generations", text("7"), {}}})->load(state), Catch::Contains("generations"));
  std::stringstream filter;
  make("particle_filter", {2, {}, 1, 600})->save(filter);
  CHECK_THROWS_WITH(make("particle_filter", {2, {}, 1, 600}, {{"seeds", text("77"), {}}})->load(filter), Catch::Contains("seeds"));
}

TEST_CASE("populations begin with the points to start from") {
  const std::vector<std::vector<double>> start{{0.5, 0.25}, {0.125, 0.75}};
  for (const std::string type : {"differential_evolution", "particle_swarm", "genetic", "bee_colony", "grey_wolf", "cma_es"}) {
    INFO(type);
    const auto tasks = make(type, {2, {}, 1, Sampler::no_end, start_from(earlier_points(start))})->ask(2);
    REQUIRE(tasks.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) CHECK(std::vector<double>(doubles(tasks[i].payload).begin(), doubles(tasks[i].payload).end()) == start[i]);
  }
}

TEST_CASE("differential evolution with niching keeps all of several equal optima") {
  const auto peaks = [](std::span<const double> u) {
    double nearest = 1.0;
    for (double x : {0.2, 0.5, 0.8}) nearest = std::min(nearest, (u[0] - x) * (u[0] - x) + (u[1] - x) * (u[1] - x));
    return -nearest;
  };
  const auto kept = [&](const char* neighbours) {
    int all = 0;
    for (std::uint64_t seed : {1, 2, 3, 4, 5}) {
      const auto options = std::vector<Config::Item>{{"neighbours", text(neighbours), {}}, {"variant", text("rand_1"), {}}};
      const Driven run = drive(*make("differential_evolution", {2, {}, seed}, options), plain(peaks), {.stop = 15000});
      int found = 0;
      for (double x : {0.2, 0.5, 0.8}) {
        bool here = false;
        for (TaskId id = 14500; id < 15000; ++id) here |= std::abs(run.points.at(id)[0] - x) < 1e-3 && std::abs(run.points.at(id)[1] - x) < 1e-3;
        found += here;
      }
      all += found == 3;
    }
    return all;
  };
  CHECK(kept("10") == 5);
  CHECK(kept("0") < 5);
}

TEST_CASE("every variant of the optimisers finds a smooth optimum") {
  struct Variant {
    const char* type;
    std::vector<Config::Item> options;
  };
  const auto item = [](const char* key, const char* value) { return Config::Item{key, text(value), {}}; };
  std::vector<Variant> variants;
  for (const char* variant : {"rand_1", "current_to_best", "lambda"})
    for (const char* crossover : {"binomial", "exponential"}) variants.push_back({"differential_evolution", {item("variant", variant), item("crossover", crossover)}});
  for (const char* crossover : {"sbx", "blend", "uniform"})
    for (const char* mutation : {"polynomial", "gaussian"}) variants.push_back({"genetic", {item("crossover", crossover), item("mutation", mutation), item("mutation_rate", "0.3")}});
  for (const char* restarts : {"bipop", "ipop", "same"}) variants.push_back({"cma_es", {item("restarts", restarts), item("scan", "false")}});
  for (const char* scale : {"equal", "logarithmic"}) variants.push_back({"particle_filter", {item("scale", scale), item("iterations", "40"), item("decay", "0.85"), item("clip", "100")}});
  for (const Variant& v : variants) {
    INFO(v.type << ", " << v.options[0].key << " " << v.options[0].value.text() << ", " << v.options[1].key << " " << v.options[1].value.text());
    CHECK(reached(v.type, sphere, 4, 8000, 3, v.options) > -2e-2);
  }
}

TEST_CASE("a genetic algorithm without elitism loses its best point, with it never") {
  // A generation apart: the best of the last 40 children against the best of all.
  const auto loss = [](const char* elitism) {
    const auto sampler = make("genetic", {4, {}, 1}, {{"elitism", text(elitism), {}}, {"mutation_rate", text("1"), {}}, {"mutation", text("gaussian"), {}}, {"mutation_width", text("0.5"), {}}});
    const Driven run = drive(*sampler, plain(sphere), {.stop = 2000});
    double late = 0.0;
    for (TaskId id = 1000; id < 2000; ++id) late += run.log_likelihood.at(id) / 1000;
    return late;
  };
  CHECK(loss("false") < loss("true"));
}

TEST_CASE("CMA-ES restarts in two regimes find what its first run misses") {
  int alone = 0, restarted = 0;
  for (std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const auto found = [&](const char* restarts) { return reached("cma_es", rastrigin, 3, 12000, seed, {{"scan", text("false"), {}}, {"restarts", text(restarts), {}}}) > -1e-3; };
    alone += found("none"), restarted += found("bipop");
  }
  CHECK(restarted == 5);
  CHECK(alone < 5);
}

TEST_CASE("polish passes over the copies of a point with which an optimiser ends") {
  std::vector<std::vector<double>> start;
  for (int i = 0; i < 30; ++i) start.push_back({0.4 + 1e-4 * i, 0.4});
  start.push_back({0.8, 0.2});
  const auto tasks = make("polish", {2, {}, 1, Sampler::no_end, start_from(earlier_points(start))})->ask(10);
  REQUIRE(tasks.size() == 2);
  CHECK(doubles(tasks[0].payload)[0] == 0.4);
  CHECK(doubles(tasks[1].payload)[0] == 0.8);
}
