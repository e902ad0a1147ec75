// What the population methods share.

#include <chrono>

#include "src/base/error.h"
#include "tests/src/samplers/drive.h"
#include "tests/src/samplers/functions.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

std::vector<Config::Item> look_ahead(int tasks) { return {{"look_ahead", Config(std::to_string(tasks)), {}}}; }

}  // namespace

TEST_CASE("look_ahead says how many tasks run at a time, and changes the tasks but not their validity") {
  for (const std::string type : {"differential_evolution", "particle_swarm"}) {
    INFO(type);
    for (int ahead : {1, 20, 60, 500}) {
      const auto sampler = make(type, {3, {}, 1}, look_ahead(ahead));
      const auto in_flight = static_cast<std::size_t>(ahead);
      const Driven run = drive(*sampler, plain(sphere), {.ask_size = in_flight, .in_flight = in_flight, .stop = 2000});
      CHECK(run.pending.size() == in_flight - 1);  // told in order, so many workers are never idle
      const Driven again = drive(*make(type, {3, {}, 1}, look_ahead(ahead)), plain(sphere), {.ask_size = 9, .in_flight = 30, .shuffle = 5, .stop = 2000});
      for (TaskId id = 0; id < 2000; ++id) REQUIRE(run.points.at(id) == again.points.at(id));
    }
  }
}

TEST_CASE("a slot that is never told holds up only those that ask for it") {
  const auto sampler = make("differential_evolution", {3, {}, 1}, {{"population", Config("200"), {}}});
  std::vector<Task> tasks = sampler->ask(200);
  std::size_t told = 0;
  for (; !tasks.empty() && told < 100000; tasks = sampler->ask(200))
    for (const Task& t : tasks)
      if (t.id != 0) sampler->tell(outcome(t.id, doubles(t.payload), sphere(doubles(t.payload)))), ++told;
  CHECK(told > 300);     // more than a generation, although task 0 is still out
  CHECK(told < 100000);  // but what depends on it waits
}

TEST_CASE("a population below the method's minimum is refused with a sentence") {
  for (const auto& [type, option] : {std::pair{"differential_evolution", "population"}, std::pair{"particle_swarm", "particles"}, std::pair{"genetic", "population"},
                                      std::pair{"bee_colony", "sources"}, std::pair{"grey_wolf", "wolves"}, std::pair{"cma_es", "population"}}) {
    try {
      make(type, {2, {}, 1}, {{option, Config("1"), {}}});
      FAIL("accepted");
    } catch (const UserError& e) {
      CHECK(std::string(e.what()).find("between") != std::string::npos);
    }
  }
}

TEST_CASE("ask and tell of a population cost microseconds, from the first to the last evaluation", "[nightly]") {
  for (const std::string type : {"differential_evolution", "particle_swarm", "genetic"}) {
    const auto sampler = make(type, {19, {}, 1}, {});
    for (int part = 0; part < 3; ++part) {
      const auto start = std::chrono::steady_clock::now();
      std::size_t told = 0;
      while (told < 200000)
        for (const Task& t : sampler->ask(64)) {
          sampler->tell(outcome(t.id, doubles(t.payload), sphere(doubles(t.payload))));
          ++told;
        }
      const double us = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(told) * 1e6;
      INFO(type << ": " << us << " us an evaluation");
      CHECK(us < 3.0);
    }
  }
}

TEST_CASE("a look_ahead of more generations than a population can learn from is refused with a sentence") {
  for (const char* type : {"differential_evolution", "particle_swarm", "genetic", "grey_wolf", "bee_colony"}) {
    Faults faults;
    const SamplerContext context{.dim = 2, .periodic = {false, false}, .seed = 1, .evaluations = 1000};
    INFO(type);
    CHECK_FALSE(SamplerRegistry::instance().make(Config::map({{"type", type, {}}, {"look_ahead", "1000000", {}}}), faults, context));
    REQUIRE(faults.size() == 1);
    CHECK(faults.all()[0].text.find("take at most") != std::string::npos);
  }
}

TEST_CASE("what a sampler makes of stop.evaluations it tells, unless the job says it") {
  const auto planned = [](const std::string& type, std::vector<Config::Item> options) {
    Faults faults;
    options.push_back({"type", Config(type), {}});
    const auto s = SamplerRegistry::instance().make(Config::map(std::move(options)), faults, SamplerContext{.dim = 2, .periodic = {false, false}, .seed = 1, .evaluations = 1000});
    REQUIRE(s);
    return s->planned();
  };
  using Planned = std::vector<std::pair<std::string, std::uint64_t>>;
  CHECK(planned("latin_hypercube", {}) == Planned{{"points", 1000}});
  CHECK(planned("grid", {}) == Planned{{"points", 31}});
  CHECK(planned("grey_wolf", {}) == Planned{{"generations", 33}});
  CHECK(planned("particle_filter", {}) == Planned{{"seeds", 750}, {"children", 10}});
  CHECK(planned("latin_hypercube", {{"points", "1000", {}}}).empty());
  CHECK(planned("grid", {{"points", "31", {}}}).empty());
  CHECK(planned("grey_wolf", {{"generations", "33", {}}}).empty());
  CHECK(planned("sobol", {}).empty());
}
