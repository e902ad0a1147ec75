// A toy ensemble told its outcomes in any order, saved and loaded, extended: the same tasks and the same result.

#include "src/statistics/toy_ensemble.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>

#include "src/statistics/counting_model.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"

using namespace umbra;

namespace {

constexpr std::uint64_t seed = 9;

std::unique_ptr<ToyModel> model() { return std::make_unique<CountingModel>(CountingModel::Options{.signal = 6, .background = 4, .observed = 5}); }

ToyEnsembleOptions limit_options() {
  ToyEnsembleOptions o;
  o.goal = ToyGoal::limit;
  o.asymptotic = LimitStatistic::qmu_tilde;
  o.stop.toys = 1200;
  o.block = 100;
  o.pilot = 400;
  o.seed = seed;
  return o;
}

// Does what is asked for, `window` tasks at a time, the latest first; at most `blocks` of them.
void run(ToyEnsemble& ensemble, std::size_t window, std::uint64_t blocks = 1000000) {
  ToyTasks tasks(model(), statistic("qmu_tilde"), seed);
  std::set<std::tuple<ToySide, double, std::uint64_t>> made;
  while (!ensemble.done() && blocks > 0) {
    std::vector<Task> asked = ensemble.ask(std::min<std::uint64_t>(window, blocks));
    REQUIRE(!asked.empty());
    std::reverse(asked.begin(), asked.end());
    for (const Task& t : asked) {
      const ToyRequest r = unpack_toys(t.payload);
      for (const SignalPoint& tested : r.tested) REQUIRE(made.emplace(r.side, tested.poi, r.first).second);  // no toy counts twice
      Outcome o;
      o.kind = t.kind;
      o.id = t.id;
      tasks.run(t, o);
      ensemble.tell(o);
    }
    blocks -= asked.size();
  }
}

void require_same(const ToyEnsemble& a, const ToyEnsemble& b) {
  REQUIRE(a.end() == b.end());
  const auto x = a.tests(), y = b.tests();
  REQUIRE(x.size() == y.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(x[i].poi == y[i].poi);
    CHECK(x[i].signal.extreme == y[i].signal.extreme);
    CHECK(x[i].background.extreme == y[i].background.extreme);
    CHECK(x[i].signal.resolved == y[i].signal.resolved);
    CHECK(x[i].background.resolved == y[i].background.resolved);
  }
  CHECK(a.limits()->observed.value == b.limits()->observed.value);
  CHECK(a.limits()->expected[2].value == b.limits()->expected[2].value);
}

}  // namespace

TEST_CASE("a toy limit does not depend on the order of outcomes, on a resume or on being extended") {
  ToyEnsemble one(limit_options(), model(), statistic("qmu_tilde")), many(limit_options(), model(), statistic("qmu_tilde"));
  run(one, 1);
  run(many, 7);
  require_same(one, many);
  for (const ToyTest& t : one.tests()) {
    CHECK(t.signal.resolved == 1200);
    CHECK(t.background.resolved == 1200);
  }
  const auto limits = one.limits();
  for (const ToyLimit& l : limits->expected) CHECK(l.place == LimitPlace::between_points);

  ToyEnsemble stopped(limit_options(), model(), statistic("qmu_tilde")), resumed(limit_options(), model(), statistic("qmu_tilde"));
  run(stopped, 5, 23);
  std::stringstream state;
  stopped.save(state);
  resumed.load(state);
  run(resumed, 3);
  require_same(one, resumed);

  ToyEnsembleOptions shorter = limit_options();
  shorter.stop.toys = 600;
  ToyEnsemble before(shorter, model(), statistic("qmu_tilde")), extended(limit_options(), model(), statistic("qmu_tilde"));
  run(before, 4);
  CHECK(before.end() < one.end());
  std::stringstream shorter_state;
  before.save(shorter_state);
  extended.load(shorter_state);
  run(extended, 4);
  require_same(one, extended);
}

TEST_CASE("a precision is judged at the end of blocks in id order") {
  ToyEnsembleOptions o;
  o.tested = {1.0, 1.5};
  o.stop = {0, "CLs", 0.1, 100000};
  o.block = 100;
  o.seed = seed;
  ToyEnsemble one(o, model(), statistic("qmu_tilde")), many(o, model(), statistic("qmu_tilde"));
  run(one, 1);
  run(many, 40);
  CHECK(one.end() == many.end());
  CHECK(one.end() % 3 == 0);
  for (const ToyTest& t : many.tests()) {
    CHECK((t.result.cls.high - t.result.cls.low) / 2 <= 0.1 * t.result.cls.value);
    CHECK(t.signal.resolved == many.end() / 3 * 100);
  }
}

TEST_CASE("a block that cannot be made counts as unresolved toys") {
  ToyEnsembleOptions o;
  o.tested = {1.0};
  o.stop.toys = 200;
  o.block = 100;
  o.seed = seed;
  ToyEnsemble ensemble(o, model(), statistic("qmu_tilde"));
  const std::vector<Task> asked = ensemble.ask(100);
  REQUIRE(asked.size() == 4);
  ToyTasks tasks(model(), statistic("qmu_tilde"), seed);
  for (const Task& t : asked) {
    Outcome outcome;
    outcome.kind = t.kind;
    outcome.id = t.id;
    if (t.id == 1) outcome.status = Status::killed_rank;
    else tasks.run(t, outcome);
    ensemble.tell(outcome);
  }
  REQUIRE(ensemble.done());
  CHECK(ensemble.tests().front().signal.unresolved == 100);
  CHECK(ensemble.tests().front().signal.resolved == 100);
  CHECK(ensemble.tests().front().background.resolved == 200);
  CHECK(ensemble.result().warnings.size() == 1);
}
