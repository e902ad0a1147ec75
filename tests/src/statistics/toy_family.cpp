// Signals over one background: the same toys for all of them, a global p-value, and what tells patches apart.

#include "src/statistics/toy_family.h"

#include "src/statistics/histfactory_family.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

/// Two bins over known backgrounds of 9 and 16, a signal in either: every probability is a sum.
ToyFamily two_bins(double first, double second) {
  HistFactoryFamily family;
  for (const int bin : {0, 1}) {
    json w = own_workspace("on_off");
    auto& samples = w["channels"][0]["samples"];
    samples[0]["data"] = {bin == 0 ? 8.0 : 0.0, bin == 1 ? 8.0 : 0.0};
    samples[1]["data"] = {9.0, 16.0};
    samples[1]["modifiers"] = json::array();
    w["observations"][0]["data"] = {first, second};
    family.add(read_workspace(w), bin == 0 ? "low" : "high", {double(bin)});
  }
  return family.family({"mass"});
}

double q0(double n, double b) { return n > b ? 2 * (b - n + n * std::log(n / b)) : 0.0; }
/// P(q0 >= q) of one bin.
double local(double b, double q) {
  int n = 0;
  while (q0(n, b) < q - 1e-6) ++n;
  return poisson_tail(n, b);
}

ToyEnsembleOptions discovery(std::uint64_t toys, Importance use) {
  ToyEnsembleOptions o;
  o.goal = ToyGoal::discovery;
  o.importance.use = use;
  o.stop.toys = toys;
  o.block = 100;
  o.seed = 8;
  return o;
}

/// A patch of `all_modifiers`: the signal's rates, and a systematic uncertainty that only it has.
json patched(double scale, const char* own) {
  json w = own_workspace("all_modifiers");
  auto& signal = w["channels"][0]["samples"][0];
  for (auto& rate : signal["data"]) rate = rate.get<double>() * scale;
  for (auto& m : signal["modifiers"])
    if (m["type"] == "histosys")
      for (const char* end : {"lo_data", "hi_data"})
        for (auto& rate : m["data"][end]) rate = rate.get<double>() * scale;
  if (own) signal["modifiers"].push_back({{"name", own}, {"type", "normsys"}, {"data", {{"lo", 0.9}, {"hi", 1.1}}}});
  return w;
}

}  // namespace

TEST_CASE("the global p-value of two independent searches is the exact one, and so are the local ones") {
  const double first = 16, second = 24, largest = std::max(q0(first, 9), q0(second, 16));
  const std::uint64_t toys = 40000;
  const ToyEnsemble e = run_toys(discovery(toys, Importance::off), two_bins(first, second), two_bins(first, second), "q0");
  REQUIRE(e.global());
  const GlobalPValue global = e.global()->result();
  const double a = local(9, largest), b = local(16, largest), exact = 1 - (1 - a) * (1 - b);
  CHECK(global.test == 0);
  CHECK(global.observed == Approx(largest).margin(1e-6));
  CHECK(std::abs(global.p.value - exact) < 4 * std::sqrt(exact / toys));
  CHECK(std::abs(e.fraction(0)->p.value - local(9, q0(first, 9))) < 4 * std::sqrt(0.03 / toys));
  CHECK(std::abs(e.fraction(1)->p.value - local(16, q0(second, 16))) < 4 * std::sqrt(0.05 / toys));
  CHECK(global.trials == Approx(global.p.value / e.fraction(0)->p.value));
  CHECK(std::abs(global.trials - exact / a) < 2 * (global.trials_high - global.trials_low));
  CHECK(global.trials_high - global.trials_low < 0.1 * global.trials);
  CHECK(global.asymptotic_independent > global.asymptotic_local);
  REQUIRE(global.asymptotic_line);
  CHECK(*global.asymptotic_line > global.asymptotic_local);
}

TEST_CASE("importance sampling gives a global p-value of five standard deviations, whichever signal made the toy") {
  const double first = 27, second = 37, largest = std::max(q0(first, 9), q0(second, 16));
  const ToyEnsemble e = run_toys(discovery(20000, Importance::automatic), two_bins(first, second), two_bins(first, second), "q0");
  REQUIRE(e.fraction(0)->weighted);
  const double exact = 1 - (1 - local(9, largest)) * (1 - local(16, largest));
  const GlobalPValue global = e.global()->result();
  CHECK(exact < 1e-5);
  CHECK(std::abs(global.p.value - exact) < 4 * global.error);
  CHECK(global.error < 0.05 * exact);
  for (const std::size_t m : {0, 1}) {
    const ToyFraction f = *e.fraction(m);
    CHECK(std::abs(f.p.value - local(m == 0 ? 9 : 16, m == 0 ? q0(first, 9) : q0(second, 16))) < 4 * f.weighted->error());
    CHECK(f.weighted->error() < 0.05 * f.p.value);
  }
}

TEST_CASE("a background toy has the same numbers for all signals, and each signal's own constraints from streams of their own") {
  HistFactoryFamily builder;
  for (const char* own : {"a_first", "a_second"}) builder.add(read_workspace(patched(1.5, own)), own);
  builder.add(read_workspace(patched(0.5, nullptr)), "plain");
  ToyFamily family = builder.family();
  std::vector<std::vector<double>> at;
  for (std::size_t m = 0; m < family.size(); ++m) {
    CHECK(family[m].background == 0);
    at.push_back(conditional_parameters(family.model(m), 0.0));
  }
  ToyMaker maker(family, at, {{0, at[0], 5, 1.0}}, 5);
  const auto number = [&](std::size_t m, const std::string& name) {
    const HistFactory& model = dynamic_cast<HistFactoryToyModel&>(family.model(m)).model();
    for (std::size_t i = 0; i < model.num_auxiliary(); ++i)
      if (model.parameters()[model.auxiliary_parameter()[i]].name == name) return maker.data(m)[model.num_bins() + i];
    return std::nan("");
  };
  for (const std::uint64_t toy : {0, 1, 2}) {
    maker.make(2, toy);
    const std::size_t bins = 7;
    for (std::size_t m = 1; m < family.size(); ++m) {
      for (std::size_t b = 0; b < bins; ++b) CHECK(maker.data(m)[b] == maker.data(0)[b]);
      for (const char* name : {"lumi", "scale", "theory", "mc_stat[0]"}) CHECK(number(m, name) == number(0, name));
    }
    CHECK(number(0, "a_first") != number(1, "a_second"));
    CHECK(std::isnan(number(2, "a_first")));
  }
}

TEST_CASE("a patch that changes the background is told apart: it gets toys of its own, and there is no global p-value") {
  HistFactoryFamily builder;
  json other = patched(1, nullptr);
  other["channels"][0]["samples"][2]["data"][0] = 23.0;
  builder.add(read_workspace(patched(1, nullptr)), "signal");
  builder.add(read_workspace(other), "background too");
  builder.add(read_workspace(patched(2, nullptr)), "more signal");
  const ToyFamily family = builder.family();
  CHECK(family[1].background == 1);
  CHECK(family[1].difference == "the background of channel 'signal_region' differs");
  CHECK(family[2].background == 0);
  ToyEnsembleOptions o = discovery(200, Importance::off);
  ToyEnsemble e(o, family, statistic("q0"));
  CHECK(!e.global());
  const std::vector<Task> tasks = e.ask(100);
  REQUIRE(tasks.size() == 4);
  CHECK(unpack_toys(tasks[0].payload).tested.size() == 2);
  CHECK(unpack_toys(tasks[1].payload).hypothesis.member == 1);
  bool said = false;
  for (const std::string& w : e.result().warnings) said = said || w.find("background too do not have the same background") != std::string::npos;
  CHECK(said);
}

TEST_CASE("limits of several signals in one campaign are those of each alone") {
  ToyEnsembleOptions o;
  o.goal = ToyGoal::limit;
  o.asymptotic = LimitStatistic::qmu_tilde;
  o.stop.toys = 2000;
  o.pilot = 500;
  o.block = 250;
  o.seed = 3;
  const ToyEnsemble both = run_toys(o, two_bins(12, 13), two_bins(12, 13), "qmu_tilde");
  for (const std::size_t m : {0, 1}) {
    const auto single = [m] {
      const ToyFamily all = two_bins(12, 13);
      return ToyFamily(std::vector<ToyFamily::Member>{{all[m].model, all[m].name, {}, all[m].data}}, {});
    };
    const ToyEnsemble alone = run_toys(o, single(), single(), "qmu_tilde");
    REQUIRE(both.limits(m));
    CHECK(both.limits(m)->observed.place == LimitPlace::between_points);
    CHECK(both.limits(m)->observed.value == Approx(alone.limits()->observed.value).margin(3 * both.limits(m)->observed.error));
    CHECK(both.tests(m).size() >= alone.tests().size());
  }
}
