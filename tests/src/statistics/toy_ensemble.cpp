// A toy ensemble told its outcomes in any order, saved and loaded, extended: the same tasks and the same result.

#include "src/statistics/toy_ensemble.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>

#include "src/statistics/counting_model.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"
#include "tests/support/workspaces.h"

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

TEST_CASE("a limit whose toys are all unresolved ends without one, and says so") {
  for (const bool by_precision : {false, true}) {
    ToyEnsembleOptions o = limit_options();
    if (by_precision) o.stop = {0, "upper_limit", 0.1, 1200};
    ToyEnsemble ensemble(o, model(), statistic("qmu_tilde"));
    while (!ensemble.done()) {
      const std::vector<Task> asked = ensemble.ask(10);
      REQUIRE(!asked.empty());
      for (const Task& t : asked) {
        Outcome outcome;
        outcome.kind = t.kind;
        outcome.id = t.id;
        outcome.status = Status::killed_rank;
        ensemble.tell(outcome);
      }
    }
    CHECK(!ensemble.limits());
    CHECK(ensemble.progress().empty());
    const std::vector<std::string> warnings = ensemble.result().warnings;
    REQUIRE(warnings.size() >= 2);
    CHECK_THAT(warnings[1], Catch::Matchers::Contains("there is no limit"));
  }
}

TEST_CASE("a block is no larger than the toys asked for, and small where a user's own code makes them") {
  struct Foreign : ToyModel {
    CountingModel own{CountingModel::Options{}};
    std::size_t num_parameters() const override { return 1; }
    std::size_t poi() const override { return 0; }
    PoiRange poi_range() const override { return own.poi_range(); }
    double lowest_poi() const override { return own.lowest_poi(); }
    std::span<const double> initial() const override { return own.initial(); }
    std::span<const double> observed() const override { return own.observed(); }
    void generate(std::span<const double> p, const ToyId& id, std::vector<double>& data) override { own.generate(p, id, data); }
    void expected(std::span<const double> p, std::vector<double>& data) override { own.expected(p, data); }
    void set_data(std::span<const double> data) override { own.set_data(data); }
    void fit(PoiRange range, FitResult& result) override { own.fit(range, result); }
    double nll(std::span<const double> p) override { return own.nll(p); }
    double saturated() override { return own.saturated(); }
    double num_events() const override { return own.num_events(); }
    bool is_foreign() const override { return true; }
    std::optional<double> isolation() const override { return timeout; }
    std::optional<double> timeout = {};
  };
  // As large as a combination of a whole experiment.
  struct Large : Foreign {
    std::vector<double> many = std::vector<double>(3000);
    std::size_t num_parameters() const override { return 2000; }
    std::span<const double> observed() const override { return many; }
    bool is_foreign() const override { return false; }
  };
  CHECK(usual_block(model(), 1, 0) == 1000);
  CHECK(usual_block(model(), 1, 100) == 100);
  CHECK(usual_block(model(), 1, 5000) == 1000);
  CHECK(usual_block(std::unique_ptr<ToyModel>(new Foreign), 1, 5000) == 10);
  for (const auto& [timeout, block] : {std::pair{600.0, 1u}, {10.0, 1u}, {3.0, 3u}, {1.0, 10u}, {1e-4, 1000u}}) {
    auto library = std::make_unique<Foreign>();
    library->timeout = timeout;
    CHECK(usual_block(std::unique_ptr<ToyModel>(std::move(library)), 1, 5000) == block);
  }
  CHECK(usual_block(std::unique_ptr<ToyModel>(new Large), 1, 0) == 1);
}

TEST_CASE("blocks that take long, and toys that a statistic cannot have, are warned of") {
  ToyEnsembleOptions o;
  o.tested = {1.0};
  o.stop.toys = 100;
  o.block = 100;
  o.seed = seed;
  const auto no_background = []() -> std::unique_ptr<ToyModel> { return std::make_unique<CountingModel>(CountingModel::Options{.signal = 6, .background = 0, .observed = 0}); };
  ToyEnsemble ensemble(o, no_background(), statistic("qmu"));
  ToyTasks tasks(no_background(), statistic("qmu"), seed);
  for (const Task& t : ensemble.ask(10)) {
    Outcome outcome;
    outcome.kind = t.kind;
    outcome.id = t.id;
    tasks.run(t, outcome);
    outcome.duration = 25;
    ensemble.tell(outcome);
  }
  const std::vector<std::string> warnings = ensemble.result().warnings;
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], Catch::Matchers::Contains("it cannot go there (there is no background)"));
  CHECK_THAT(warnings[1], Catch::Matchers::Contains("took 25 s") && Catch::Matchers::Contains("say block: 20"));

  HistFactoryToyModel usual(compile(own_workspace("on_off")));
  CHECK(usual.lowest_poi() < 0);
  json w = own_workspace("on_off");
  w["channels"][0]["samples"][1]["data"] = {0.0};
  HistFactoryToyModel without(compile(w));
  CHECK(without.lowest_poi() == 0);
  CHECK(without.lowest_poi_reason() == "bin 0 of channel 'on' has signal and 0 background events");
}

TEST_CASE("a limit on a model without background and with data is refused before any toy is made") {
  const auto impossible = []() -> std::unique_ptr<ToyModel> { return std::make_unique<CountingModel>(CountingModel::Options{.signal = 5, .background = 0, .observed = 3}); };
  CHECK_THROWS_WITH(ToyEnsemble(limit_options(), impossible(), statistic("qmu_tilde")), Catch::Matchers::Contains("at signal strength 0 ended with 'not_finite'"));
}

TEST_CASE("an upper bound that the data pass is warned of") {
  ToyEnsembleOptions o;
  o.goal = ToyGoal::discovery;
  o.stop.toys = 100;
  o.block = 100;
  const auto high = []() -> std::unique_ptr<ToyModel> { return std::make_unique<CountingModel>(CountingModel::Options{.signal = 1, .background = 1, .observed = 13, .largest_poi = 10}); };
  const ToyEnsemble ensemble(o, high(), statistic("q0"));
  bool told = false;
  for (const std::string& warning : ensemble.result().warnings)
    told = told || warning.find("the upper bound 10 of the parameter of interest does not hold") != std::string::npos;
  CHECK(told);
}
