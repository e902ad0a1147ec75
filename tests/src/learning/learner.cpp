// The learning loop: the same points whatever the order, a kill or lost blobs; stop rules; candidates.

#include "src/learning/learner.h"

#include <sstream>

#include "tests/src/learning/toy_learning.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

Toy small(std::uint64_t lag, std::vector<Config::Item> members = committee("forest", {{"trees", 20, {}}, {"trees_per_part", 7, {}}})) {
  Toy toy;
  toy.options = {.start = 60, .batch = 20, .batches = 6, .lag = lag, .slice = 300, .test = 500};
  toy.committee = std::move(members);
  toy.candidates = 1000;
  toy.truth = [](std::span<const double> u) { return u[0] + u[1] > 1.5 ? std::nan("") : ball(0.35)(u); };
  return toy;
}

}  // namespace

TEST_CASE("the same points are chosen whatever the order in which tasks end") {
  for (const std::uint64_t lag : {0, 1, 2}) {
    INFO("lag " << lag);
    ToyLearning serial(small(lag));
    serial.run();
    REQUIRE_FALSE(serial.stuck);
    REQUIRE(serial.points.size() == 60 + 6 * 20);
    CHECK(serial.learner().end() == 180);
    CHECK(serial.learner().curve().size() == 7);
    CHECK(serial.learner().curve().back().evaluations == 180);
    CHECK(serial.learner().curve().back().usable < 180);
    for (const std::uint64_t shuffle : {1, 2}) {
      ToyLearning other(small(lag));
      other.run(64, shuffle);
      CHECK(other.points == serial.points);
      CHECK(other.learner().curve().size() == 7);
      CHECK(other.learner().curve().back().classes.brier == serial.learner().curve().back().classes.brier);
    }
  }
}

TEST_CASE("with lag 1 a batch is evaluated while the next committee trains, with lag 0 it is not") {
  for (const std::uint64_t lag : {0, 1}) {
    ToyLearning toy(small(lag));
    bool both = false;
    std::vector<Task> pending;
    while (!toy.learner().done()) {
      for (Task& t : toy.learner().ask(1000)) pending.push_back(std::move(t));
      const auto has = [&](TaskKind kind) { return std::any_of(pending.begin(), pending.end(), [&](const Task& t) { return t.kind == kind; }); };
      both |= has(TaskKind::train) && has(TaskKind::point);
      toy.learner().tell(toy.work(pending.front()));
      pending.erase(pending.begin());
    }
    CHECK(both == (lag == 1));
  }
}

TEST_CASE("a learner that is saved and loaded at any time goes on to the same points, even without its blobs") {
  ToyLearning whole(small(1));
  whole.run();
  for (const std::size_t outcomes : {30, 570, 600, 640, 700, 757}) {
    INFO("after " << outcomes);
    ToyLearning first(small(1));
    first.run(8, 5, outcomes);
    std::stringstream state;
    first.learner().save(state);
    ToyLearning second(small(1));  // has no blobs of the first
    second.learner().load(state);
    second.run(16, 6);
    REQUIRE_FALSE(second.stuck);
    auto points = first.points;
    points.merge(second.points);
    CHECK(points == whole.points);
    CHECK(second.learner().curve().back().classes.brier == whole.learner().curve().back().classes.brier);
  }
}

TEST_CASE("a finished campaign can be extended, and is the same as one in one go") {
  Toy longer = small(1);
  longer.options.batches = 9;
  ToyLearning whole(longer);
  whole.run();
  ToyLearning first(small(1));
  first.run();
  std::stringstream state;
  first.learner().save(state);
  ToyLearning second(longer);
  second.learner().load(state);
  CHECK_FALSE(second.learner().done());
  second.run();
  auto points = first.points;
  points.merge(second.points);
  CHECK(points == whole.points);
}

TEST_CASE("a finished campaign that is told to stop earlier stays as it is") {
  ToyLearning first(small(1));
  first.run();
  std::stringstream state;
  first.learner().save(state);
  Toy shorter = small(1);
  for (const std::uint64_t batches : {0, 2, 5}) {
    INFO(batches);
    shorter.options.batches = batches;
    ToyLearning second(shorter);
    state.clear();
    state.seekg(0);
    second.learner().load(state);
    second.run();
    CHECK_FALSE(second.stuck);
    CHECK(second.learner().done());
    CHECK(second.learner().end() == 180);
    CHECK(second.points.empty());
    CHECK(second.learner().newest() == 7);
  }
}

TEST_CASE("the newest tested committee is there at any time, with its own points and calibration") {
  for (const std::uint64_t lag : {0, 1, 2})
    for (const std::uint64_t shuffle : {0, 3}) {
      INFO("lag " << lag << ", shuffle " << shuffle);
      ToyLearning toy(small(lag));
      std::uint64_t seen = 0;
      while (!toy.learner().done()) {
        toy.run(16, shuffle, 25);
        toy.restart();
        const Learner& learner = toy.learner();
        if (learner.newest() == seen) continue;
        seen = learner.newest();
        for (std::uint64_t part = 0; part < 3; ++part) CHECK(toy.blobs().blobs.contains(member_name(seen, part)));  // so that it is read, not made anew
        CHECK(count_votes(toy.newest_committee()) == 20);
        CHECK(learner.newest_step().version == seen);
        CHECK(learner.newest_training_points().size() == 2 * learner.newest_step().usable);
        std::size_t points = 0;
        const Calibration calibration = learner.newest_calibration();
        for (const Calibration::Bin& b : calibration.bins()) points += b.points;
        CHECK(points > 400);
      }
      CHECK(seen == 7);
    }
}

TEST_CASE("without a test point that has a value, nothing is measured") {
  Toy toy = small(0);
  toy.options.test = 0;
  ToyLearning untested(toy);
  untested.run();
  REQUIRE(untested.learner().curve().size() == 7);
  CHECK(std::isnan(untested.learner().curve().back().classes.accuracy));
  CHECK(std::isnan(untested.learner().curve().back().classes.brier));
  CHECK(untested.learner().result().numbers.empty());
  CHECK(untested.learner().newest() == 7);
  CHECK(untested.learner().newest_calibration().bins().empty());
}

TEST_CASE("stop rules end the campaign at the same point on any number of ranks") {
  for (const std::uint64_t lag : {0, 1}) {
    Toy toy = small(lag);
    toy.options.batches = 100;
    toy.options.accuracy = 0.93;
    ToyLearning a(toy), b(toy);
    a.run();
    b.run(50, 3);
    REQUIRE_FALSE(a.stuck);
    CHECK(a.learner().curve().size() < 60);
    CHECK(a.learner().end() == b.learner().end());
    CHECK(a.points == b.points);
    toy.options.accuracy.reset();
    toy.options.patience = 3;
    toy.options.least_gain = 0.02;
    ToyLearning still(toy);
    still.run();
    CHECK(still.learner().curve().size() >= 4);
    CHECK(still.learner().curve().size() < 60);
  }
}

TEST_CASE("batches are spread, drawn at random in part, and taken from a list without repeats") {
  Toy toy = small(0);
  toy.options.spread = 5;
  ToyLearning spread(toy);
  spread.run();
  CHECK(spread.points.size() == 180);
  const auto nearest = [](const ToyLearning& t) {  // mean distance to the nearest of the same batch
    double sum = 0.0;
    for (TaskId i = 60; i < 180; ++i) {
      double best = 10.0;
      for (TaskId j = 60; j < 180; ++j)
        if (j != i && (j - 60) / 20 == (i - 60) / 20) best = std::min(best, std::hypot(t.points.at(i)[0] - t.points.at(j)[0], t.points.at(i)[1] - t.points.at(j)[1]));
      sum += best / 120;
    }
    return sum;
  };
  ToyLearning top(small(0));
  top.run();
  CHECK(nearest(spread) > 1.5 * nearest(top));
  toy = small(0);
  toy.power = 2.0;
  ToyLearning drawn(toy);
  drawn.run();
  CHECK(nearest(drawn) > 1.5 * nearest(top));

  toy = small(0);
  toy.truth = ball(0.35);
  ToyLearning sharp(toy);
  sharp.run();
  toy.options.random_share = 0.5;
  ToyLearning mixed(toy);
  mixed.run();
  const auto far = [](const ToyLearning& t) {
    return std::count_if(t.points.begin(), t.points.end(), [](const auto& p) { return p.first >= 60 && std::abs(std::hypot(p.second[0] - 0.5, p.second[1] - 0.5) - 0.35) > 0.15; });
  };
  CHECK(far(mixed) > 2 * far(sharp));

  toy = small(1);
  std::vector<double> list(90 * 2);
  RandomStream(3, Purpose::test, 0).fill_uniform(list);
  toy.source = pool_candidates(2, list);
  ToyLearning pool(toy);
  pool.run();
  REQUIRE_FALSE(pool.stuck);
  CHECK(pool.points.size() == 60 + 90);  // the list ends before the sixth batch
  std::set<std::vector<double>> different;
  for (const auto& [id, u] : pool.points) different.insert(u);
  CHECK(different.size() == 150);

  // With a random share too, and where nearly all of the list is used.
  toy.options.random_share = 0.5;
  ToyLearning shared(toy);
  shared.run();
  REQUIRE_FALSE(shared.stuck);
  different.clear();
  for (const auto& [id, u] : shared.points) different.insert(u);
  CHECK(shared.points.size() == 150);
  CHECK(different.size() == 150);
}

TEST_CASE("candidates of a sampler climb the score") {
  Toy toy = small(0);
  Faults faults;
  toy.source = proposed_candidates(2, 1, 1000, Config::map({{"type", Config("differential_evolution"), {}}}), 300, nullptr, faults);
  REQUIRE(faults.empty());
  ToyLearning proposed(toy);
  proposed.run(10, 4);
  ToyLearning again(toy);
  again.run();
  CHECK(proposed.points.size() == 180);
  CHECK(proposed.points == again.points);
}

TEST_CASE("no point that a sampler proposes is evaluated twice, whatever the order in which slices are told") {
  for (const char* sampler : {"grid", "genetic", "cma_es"})
    for (const std::uint64_t spread : {1, 3}) {
      INFO(sampler << ", spread " << spread);
      Toy toy = small(1);
      toy.options.spread = spread;
      Faults faults;
      toy.source = proposed_candidates(2, 1, 900, Config::map({{"type", Config(sampler), {}}}), 300, nullptr, faults);
      REQUIRE(faults.empty());
      ToyLearning proposed(toy), again(toy);
      proposed.run();
      again.run(30, 4);
      std::set<std::vector<double>> different;
      for (const auto& [id, u] : proposed.points) different.insert(u);
      CHECK(proposed.points.size() == 180);
      CHECK(different.size() == 180);
      CHECK(again.points == proposed.points);
    }
}

TEST_CASE("one class only is an error that says so; points of an earlier run start the loop") {
  Toy toy = small(0);
  toy.truth = [](std::span<const double>) { return 1.0; };
  ToyLearning one(toy);
  CHECK_THROWS_WITH(one.run(), Catch::Contains("class 1") && Catch::Contains("larger start"));

  toy = small(0);
  toy.options.start = 0;
  for (int i = 0; i < 100; ++i) {
    double u[2];
    RandomStream(9, Purpose::test, static_cast<std::uint64_t>(i)).fill_uniform(u);
    toy.given.u.insert(toy.given.u.end(), {u[0], u[1]});
    toy.given.y.push_back(i < 10 ? std::nanf("") : static_cast<float>(ball(0.35)(u)));
  }
  ToyLearning given(toy);
  given.run();
  CHECK(given.points.size() == 120);
  CHECK(given.points.begin()->first == 0);
  CHECK(given.learner().curve().front().evaluations == 100);  // all that were evaluated, of which ten teach nothing
  CHECK(given.learner().curve().front().usable == 90);
}
