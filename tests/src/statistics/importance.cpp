// Importance sampling against exact sums and against brute force.

#include "src/statistics/importance.h"

#include "src/statistics/counting_model.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

ToyFamily counting(double observed) {
  return std::unique_ptr<ToyModel>(std::make_unique<CountingModel>(CountingModel::Options{.signal = 10, .background = 10, .observed = observed}));
}
/// `on` events over 20 expected from 25 elsewhere.
ToyFamily on_off(double on) {
  json w = own_workspace("on_off");
  w["observations"][0]["data"][0] = on;
  return std::unique_ptr<ToyModel>(std::make_unique<HistFactoryToyModel>(compile(w)));
}

ToyEnsembleOptions discovery(std::uint64_t toys, Importance use) {
  ToyEnsembleOptions o;
  o.goal = ToyGoal::discovery;
  o.importance.use = use;
  o.stop.toys = toys;
  o.block = 100;
  o.seed = 4;
  return o;
}

}  // namespace

TEST_CASE("importance sampling gives the exact p-value of a counting experiment beyond five standard deviations") {
  const ToyEnsemble e = run_toys(discovery(20000, Importance::automatic), counting(30), counting(30), "q0");
  const ToyFraction f = *e.fraction();
  const double exact = poisson_tail(30, 10);
  REQUIRE(f.weighted);
  CHECK(significance(exact) > 5);
  CHECK(std::abs(f.p.value - exact) < 4 * f.weighted->error());
  CHECK(f.weighted->error() < 0.03 * f.p.value);
  CHECK(f.weighted->effective_toys() > 1500);
  CHECK(f.p.low < f.p.value);
  CHECK(f.p.high > f.p.value);
  CHECK((f.p.high - f.p.low) / 2 == Approx(f.weighted->error()).epsilon(0.1));
}

TEST_CASE("a p-value that plain toys resolve is left to them, unless the job says otherwise") {
  const ToyEnsemble plain = run_toys(discovery(20000, Importance::automatic), counting(16), counting(16), "q0");
  const ToyEnsemble weighted = run_toys(discovery(20000, Importance::on), counting(16), counting(16), "q0");
  const double exact = poisson_tail(16, 10);
  CHECK(!plain.fraction()->weighted);
  REQUIRE(weighted.fraction()->weighted);
  CHECK(std::abs(plain.fraction()->p.value - exact) < 4 * std::sqrt(exact / 20000));
  CHECK(std::abs(weighted.fraction()->p.value - exact) < 4 * weighted.fraction()->weighted->error());
}

TEST_CASE("weighted toys of a model with auxiliary data agree with brute force at a p-value of a thousandth") {
  const ToyEnsemble plain = run_toys(discovery(200000, Importance::off), on_off(43), on_off(43), "q0");
  const ToyEnsemble weighted = run_toys(discovery(20000, Importance::on), on_off(43), on_off(43), "q0");
  const ToyFraction brute = *plain.fraction(), clever = *weighted.fraction();
  const double error = std::sqrt(brute.p.value / 200000);
  CHECK(brute.p.value < 2e-3);
  CHECK(brute.p.value > 4e-4);
  CHECK(std::abs(brute.p.value - clever.p.value) < 4 * std::hypot(error, clever.weighted->error()));
  CHECK(clever.weighted->error() < error);
}

TEST_CASE("weights are bounded, and make the toys those of the background in all of their numbers") {
  ToyFamily family = on_off(60);
  ToyModel& model = family.model(0);
  const std::vector<double> null = conditional_parameters(model, 0.0), signal = conditional_parameters(model, 2.0);
  ToyMaker maker(family, {null}, {{0, null, 1, 0.25}, {0, signal, 2, 0.75}}, 7);
  const int toys = 40000;
  double sum = 0, largest = 0;
  std::vector<double> mean(2, 0.0), expectation;
  for (int i = 0; i < toys; ++i) {
    maker.make(3, static_cast<std::uint64_t>(i));
    const double w = std::exp(maker.log_weight());
    largest = std::max(largest, w);
    sum += w;
    for (std::size_t k = 0; k < 2; ++k) mean[k] += w * maker.data(0)[k];
  }
  CHECK(largest <= 4.0);
  CHECK(sum / toys == Approx(1.0).margin(4 * 2 / std::sqrt(toys)));
  model.expected(null, expectation);
  for (std::size_t k = 0; k < 2; ++k)
    CHECK(mean[k] / toys == Approx(expectation[k]).margin(4 * 2 * std::sqrt(expectation[k] + expectation[k] * expectation[k]) / std::sqrt(toys)));
}

TEST_CASE("toys whose weights are all far below the p-value's interval leave it open upwards") {
  WeightedCounts none;
  none.bound = 5;
  for (int i = 0; i < 1000; ++i) none.add(0.0, 0.1, 10.0, TestStatistic::Side::high);
  const PValue p = p_value(none);
  CHECK(p.value == 0);
  CHECK(p.low == 0);
  CHECK(p.high > 5e-3);
  // Equal weights of 1: the interval of a Poisson count.
  WeightedCounts ten;
  for (int i = 0; i < 1000; ++i) ten.add(i < 10 ? 11.0 : 0.0, 0.0, 10.0, TestStatistic::Side::high);
  CHECK(p_value(ten).low * 1000 == Approx(6.891).epsilon(1e-3));
  CHECK(p_value(ten).high * 1000 == Approx(14.267).epsilon(1e-3));
  ten.add(std::nan(""), std::log(2.0), 10.0, TestStatistic::Side::high);
  CHECK(ten.unresolved == 1);
  CHECK(p_value(ten).highest > p_value(ten).high);
}
