// Toys end to end: against exact enumeration, against a slow and plain second implementation, and what must not change them.

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "src/statistics/counting_model.h"
#include "src/statistics/p_value.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

std::vector<double> statistics(const ToyBlock& block) {
  std::vector<double> values;
  for (const ToyRow& row : block.rows) values.push_back(row.statistic);
  return values;
}

/// Probability of a Kolmogorov-Smirnov distance at least as large, two samples.
double kolmogorov_smirnov(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double distance = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const double x = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= x) ++i;
    while (j < b.size() && b[j] <= x) ++j;
    distance = std::max(distance, std::abs(static_cast<double>(i) / a.size() - static_cast<double>(j) / b.size()));
  }
  const double n = static_cast<double>(a.size()) * b.size() / static_cast<double>(a.size() + b.size());
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  double p = 0;
  for (int k = 1; k < 100; ++k) p += 2 * (k % 2 ? 1 : -1) * std::exp(-2.0 * k * k * lambda * lambda);
  return std::clamp(p, 0.0, 1.0);
}

/// n_i ~ Pois(mu s_i + gamma_i b_i), m_i ~ Pois(tau_i gamma_i), written out: the plain reference.
struct OnOff {
  std::vector<double> s, b, tau, n, m;

  double nll(double mu, const std::vector<double>& gamma) const {
    double value = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      const double on = mu * s[i] + gamma[i] * b[i], off = tau[i] * gamma[i];
      value += on - n[i] * std::log(on) + off - (m[i] > 0 ? m[i] * std::log(off) : 0.0);
    }
    return value;
  }
  static double objective(unsigned dim, const double* x, double* gradient, void* self) {
    const OnOff& model = *static_cast<OnOff*>(self);
    const std::vector<double> gamma(x + 1, x + dim);
    if (gradient) {
      gradient[0] = 0;
      for (std::size_t i = 0; i < gamma.size(); ++i) {
        const double on = x[0] * model.s[i] + gamma[i] * model.b[i], pull = 1 - model.n[i] / on;
        gradient[0] += pull * model.s[i];
        gradient[i + 1] = pull * model.b[i] + model.tau[i] - model.m[i] / gamma[i];
      }
    }
    return model.nll(x[0], gamma);
  }
  double minimum(double low, double high, double& mu) {
    const unsigned dim = static_cast<unsigned>(s.size() + 1);
    std::vector<double> lower(dim, 1e-10), upper(dim, 10.0), x(dim, 1.0);
    lower[0] = low, upper[0] = high, x[0] = std::clamp(1.0, low, high);
    double value = 0;
    for (int round = 0; round < 2; ++round) {
      nlopt_opt opt = nlopt_create(NLOPT_LD_SLSQP, dim);
      nlopt_set_min_objective(opt, objective, this);
      nlopt_set_lower_bounds(opt, lower.data());
      nlopt_set_upper_bounds(opt, upper.data());
      nlopt_set_ftol_abs(opt, 1e-12);
      nlopt_set_maxeval(opt, 500);
      nlopt_optimize(opt, x.data(), &value);
      nlopt_destroy(opt);
    }
    mu = x[0];
    return value;
  }
  double q_tilde(double mu) {
    double best = 0, ignored = 0;
    const double free = minimum(0, 10, best), fixed = minimum(mu, mu, ignored), q = 2 * (fixed - free);
    return best > mu || q < 1e-6 ? 0.0 : q;
  }
};

/// Toys of the reference, auxiliary data fluctuated or held.
std::vector<double> plain_toys(OnOff model, double mu, const std::vector<double>& gamma, double tested, int count, bool fluctuate, unsigned seed) {
  std::mt19937_64 generator(seed);
  const std::vector<double> nominal = model.m;
  std::vector<double> values;
  for (int toy = 0; toy < count; ++toy) {
    for (std::size_t i = 0; i < model.s.size(); ++i) {
      model.n[i] = std::poisson_distribution<int>(mu * model.s[i] + gamma[i] * model.b[i])(generator);
      model.m[i] = fluctuate ? std::poisson_distribution<int>(model.tau[i] * gamma[i])(generator) : nominal[i];
    }
    values.push_back(model.q_tilde(tested));
  }
  return values;
}

json two_bin_workspace() {
  json w = own_workspace("on_off");
  auto& samples = w["channels"][0]["samples"];
  samples[0]["data"] = {12.0, 11.0};
  samples[1]["data"] = {50.0, 52.0};
  samples[1]["modifiers"][0]["data"] = {3.0, 7.0};
  w["observations"][0]["data"] = {51.0, 48.0};
  return w;
}
OnOff two_bin_reference() {
  const double tau0 = 2500.0 / 9, tau1 = 2704.0 / 49;
  return {{12, 11}, {50, 52}, {tau0, tau1}, {51, 48}, {tau0, tau1}};
}

/// Atom at 0 by the difference of fractions, the positive part by Kolmogorov-Smirnov, the tail beyond the reference's 95 % point by itself.
void check_same_distribution(const std::vector<double>& ours, const std::vector<double>& plain) {
  const auto zeros = [](const std::vector<double>& v) { return static_cast<double>(std::count(v.begin(), v.end(), 0.0)) / v.size(); };
  const double a = zeros(ours), b = zeros(plain), atom_error = std::sqrt(b * (1 - b) * (1.0 / ours.size() + 1.0 / plain.size()));
  CHECK(std::abs(a - b) < 4 * atom_error);
  std::vector<double> x, y;
  std::copy_if(ours.begin(), ours.end(), std::back_inserter(x), [](double q) { return q > 0; });
  std::copy_if(plain.begin(), plain.end(), std::back_inserter(y), [](double q) { return q > 0; });
  CHECK(kolmogorov_smirnov(x, y) > 1e-4);
  std::vector<double> sorted = plain;
  std::sort(sorted.begin(), sorted.end());
  const double edge = sorted[sorted.size() * 19 / 20];
  const double beyond = static_cast<double>(std::count_if(ours.begin(), ours.end(), [&](double q) { return q > edge; })) / ours.size();
  CHECK(std::abs(beyond - 0.05) < 4 * std::sqrt(0.05 * 0.95 * (1.0 / ours.size() + 1.0 / plain.size())));
}

void compare_with_plain_reference(std::uint64_t ours_count, int plain_count) {
  HistFactoryToyModel model(compile(two_bin_workspace()));
  const auto q = statistic("qmu_tilde");
  for (const double generated : {1.0, 0.0}) {
    ToyHypothesis hypothesis{generated == 1 ? 0u : 1u, conditional_parameters(model, generated), {1.0}};
    const std::vector<double> ours = statistics(run_block(model, *q, hypothesis, 5, 0, ours_count));
    const std::vector<double> gamma = {hypothesis.parameters[1], hypothesis.parameters[2]};
    INFO("generated at " << generated);
    check_same_distribution(ours, plain_toys(two_bin_reference(), generated, gamma, 1.0, plain_count, true, 7));
  }
}

}  // namespace

TEST_CASE("toys of a model with auxiliary data follow a plain reference with its own generator and fits") {
  compare_with_plain_reference(100000, 10000);
}
TEST_CASE("a million toys follow the plain reference", "[nightly]") { compare_with_plain_reference(1000000, 200000); }

TEST_CASE("auxiliary data held fixed would be noticed") {
  HistFactoryToyModel model(compile(two_bin_workspace()));
  ToyHypothesis hypothesis{0, conditional_parameters(model, 1.0), {1.0}};
  const std::vector<double> ours = statistics(run_block(model, *statistic("qmu_tilde"), hypothesis, 5, 0, 50000));
  const std::vector<double> held = plain_toys(two_bin_reference(), 1.0, {hypothesis.parameters[1], hypothesis.parameters[2]}, 1.0, 5000, false, 7);
  CHECK(kolmogorov_smirnov(ours, held) < 1e-6);
}

TEST_CASE("toys of a counting experiment have the exact distribution of every statistic") {
  CountingModel model({.signal = 4, .background = 3, .observed = 2});
  const double tested = 1.0, generated = 1.0;
  const std::uint64_t count = 200000;
  for (const auto& [name, entry] : TestStatisticRegistry::instance().entries()) {
    const auto q = statistic(name);
    const ToyBlock block = run_block(model, *q, {0, {generated}, {tested}}, 21, 0, count);
    const ToyRow observed = observed_row(model, *q, tested);
    ToyCounts counts;
    for (const ToyRow& row : block.rows) counts.add(row, observed.statistic, q->extreme());
    double exact = 0;
    Profile profile(model);
    for (int n = 0; n < 60; ++n) {
      const double data[] = {static_cast<double>(n)};
      profile.set_data(data);
      if (at_least_as_extreme(q->value(profile, tested), observed.statistic, q->extreme())) exact += poisson_probability(n, generated * 4 + 3);
    }
    INFO(name);
    CHECK(counts.resolved == count);
    CHECK(std::abs(p_value(counts).value - exact) < 4 * std::sqrt(exact * (1 - exact) / count) + 1e-12);
  }
}

TEST_CASE("a million toys of a counting experiment at mu = 1 and a million at 0 have the exact distribution", "[nightly]") {
  CountingModel model({.signal = 4, .background = 3, .observed = 2});
  const auto q = statistic("qmu_tilde");
  const double toys = 1e6;
  for (const double generated : {1.0, 0.0}) {
    std::map<double, double> exact;
    Profile profile(model);
    for (int n = 0; n < 80; ++n) {
      const double data[] = {static_cast<double>(n)};
      profile.set_data(data);
      exact[q->value(profile, 1.0)] += poisson_probability(n, generated * 4 + 3);
    }
    std::vector<double> ours = statistics(run_block(model, *q, {generated == 1 ? 0u : 1u, {generated}, {1.0}}, 31, 0, static_cast<std::uint64_t>(toys)));
    std::sort(ours.begin(), ours.end());
    INFO("generated at " << generated);
    // The atom at 0 by itself; the largest distance of the distribution functions, where 2.23 / sqrt(n) is the 1e-4 point of Kolmogorov's (smaller with
    // atoms); the tail beyond 95 %.
    const auto above = [&](double value) { return static_cast<double>(ours.end() - std::lower_bound(ours.begin(), ours.end(), value - 1e-9)) / toys; };
    double cumulative = 0, distance = 0, tail = 0;
    for (const auto& [value, probability] : exact) {
      if (1 - cumulative <= 0.05 && tail == 0) {
        tail = 1 - cumulative;
        CHECK(std::abs(above(value) - tail) < 4 * std::sqrt(tail * (1 - tail) / toys));
      }
      distance = std::max(distance, std::abs(above(value) - (1 - cumulative)));
      cumulative += probability;
    }
    const double atom = exact.begin()->second, zeros = 1 - above(std::next(exact.begin())->first);
    CHECK(exact.begin()->first == 0);
    CHECK(std::abs(zeros - atom) < 4 * std::sqrt(atom * (1 - atom) / toys));
    CHECK(distance < 2.23 / std::sqrt(toys));
    CHECK(tail > 0);
  }
}

TEST_CASE("a HistFactory model without nuisance parameters gives the statistics of the closed form") {
  json w = own_workspace("on_off");
  w["channels"][0]["samples"][0]["data"] = {4.0};
  w["channels"][0]["samples"][1]["data"] = {3.0};
  w["channels"][0]["samples"][1]["modifiers"] = json::array();
  w["observations"][0]["data"] = {2.0};
  HistFactoryToyModel model(compile(w));
  CountingModel exact({.signal = 4, .background = 3, .observed = 2, .largest_poi = 10});
  CHECK(model.lowest_poi() == Approx(exact.lowest_poi()));
  for (const auto& [name, entry] : TestStatisticRegistry::instance().entries()) {
    const auto q = statistic(name);
    Profile a(model), b(exact);
    for (const double tested : {0.5, 1.0, 3.0})
      for (int n = 0; n < 30; ++n) {
        const double data[] = {static_cast<double>(n)};
        a.set_data(data);
        b.set_data(data);
        INFO(name << " mu " << tested << " n " << n);
        // Without events qmu and tmu fit down to a rate of 0, where the rule of the likelihood leaves a thousandth of the background.
        CHECK(q->value(a, tested) == Approx(q->value(b, tested)).margin(n == 0 ? 3e-3 : 5e-6));
      }
  }
}

TEST_CASE("a toy depends on its own id alone, and one background toy serves every tested signal strength") {
  HistFactoryToyModel model(compile(own_workspace("all_modifiers"))), other(compile(own_workspace("all_modifiers")));
  const auto q = statistic("qmu_tilde");
  const std::vector<double> at = conditional_parameters(model, 0.0);
  const ToyBlock whole = run_block(model, *q, {1, at, {0.5, 1.0, 2.0}}, 3, 0, 40);
  const ToyBlock part = run_block(other, *q, {1, at, {0.5, 1.0, 2.0}}, 3, 25, 10);
  REQUIRE(whole.rows.size() == 120);
  for (std::size_t i = 0; i < part.rows.size(); ++i) {
    const ToyRow &a = whole.rows[75 + i], &b = part.rows[i];
    CHECK(a.toy == b.toy);
    CHECK(a.statistic == b.statistic);
    CHECK(a.poi_hat == b.poi_hat);
    CHECK(a.free_nll == b.free_nll);
    CHECK(a.fixed_nll == b.fixed_nll);
  }
  const ToyBlock alone = run_block(model, *q, {1, at, {2.0}}, 3, 0, 40);
  for (std::size_t i = 0; i < alone.rows.size(); ++i) CHECK(alone.rows[i].statistic == Approx(whole.rows[3 * i + 2].statistic).margin(1e-7));
  CHECK(run_block(model, *q, {2, at, {2.0}}, 3, 0, 1).rows[0].free_nll != alone.rows[0].free_nll);
  // A signal more on the same background: its own auxiliary data do not move those of the background.
  json more = own_workspace("all_modifiers");
  more["channels"][0]["samples"][0]["modifiers"].push_back({{"name", "a_signal_only"}, {"type", "normsys"}, {"data", {{"lo", 0.9}, {"hi", 1.1}}}});
  HistFactoryToyModel patched(compile(more));
  std::vector<double> x(patched.initial().begin(), patched.initial().end()), y(model.initial().begin(), model.initial().end()), data, same;
  patched.generate(x, {3, 1, 8}, data);
  model.generate(y, {3, 1, 8}, same);
  const std::size_t added = patched.model().num_bins();
  std::size_t position = 0;
  for (; position < patched.model().num_auxiliary(); ++position)
    if (patched.model().parameters()[patched.model().auxiliary_parameter()[position]].name == "a_signal_only") break;
  data.erase(data.begin() + static_cast<std::ptrdiff_t>(added + position));
  CHECK(data == same);
}

TEST_CASE("every toy of a published search has a fit that converged", "[nightly]") {
  if (!have_references()) return;
  HistFactoryToyModel model(compile(published_workspace("C1N2_Wh_hbb_900_250")));
  for (const double generated : {1.0, 0.0}) {
    const ToyBlock block =
        run_block(model, *statistic("qmu_tilde"), {generated == 1 ? 0u : 1u, conditional_parameters(model, generated), {1.0}}, 1, 0, 10000);
    ToyCounts counts;
    for (const ToyRow& row : block.rows) counts.add(row, 0.0, TestStatistic::Side::high);
    CHECK(counts.unresolved <= 10);
    CHECK(block.evaluations < 60 * 10000);
  }
}

TEST_CASE("a negative fluctuation moves the signal strength below 0 in qmu and tmu only") {
  HistFactoryToyModel model(compile(own_workspace("on_off")));
  const double data[] = {8, 25};
  Profile profile(model);
  for (const char* name : {"qmu", "tmu"}) {
    profile.set_data(data);
    CHECK(statistic(name)->value(profile, 1.0) > 0);
    CHECK(profile.poi_hat() < -0.5);
  }
  for (const char* name : {"qmu_tilde", "tmu_tilde", "q0"}) {
    profile.set_data(data);
    statistic(name)->value(profile, 1.0);
    CHECK(profile.poi_hat() == 0);
  }
}

TEST_CASE("p-values carry intervals and the worst that unresolved toys could do") {
  ToyCounts counts{50, 1000, 0};
  PValue p = p_value(counts);
  CHECK(p.value == 0.05);
  CHECK(p.low == p.lowest);
  CHECK(p.high == p.highest);
  counts.unresolved = 10;
  const PValue worse = p_value(counts);
  CHECK(worse.value == 0.05);
  CHECK(worse.lowest < p.low);
  CHECK(worse.highest > 60.0 / 1010);
  ToyRow failed;
  failed.status = FitStatus::iteration_limit;
  counts.add(failed, 1.0, TestStatistic::Side::high);
  CHECK(counts.unresolved == 11);
  const ClsResult ratio = cls({50, 1000, 0}, {500, 1000, 0});
  CHECK(ratio.cls.value == Approx(0.1));
  CHECK(ratio.cls.low < 0.1 - 0.9 * 0.1 / std::sqrt(50.0));
  CHECK(ratio.cls.high > 0.1 + 0.9 * 0.1 / std::sqrt(50.0));
  CHECK(std::isinf(cls({1, 10, 0}, {0, 10, 0}).cls.high));
}

TEST_CASE("toys that tie with the data, up to what fits can tell, are as extreme") {
  for (const double jitter : {0.0, 1e-9, -1e-9, 5e-7, -5e-7}) {
    ToyCounts counts;
    counts.add(2.0 + jitter, 2.0, TestStatistic::Side::high);
    counts.add(2.0 + jitter, 2.0, TestStatistic::Side::low);
    CHECK(counts.extreme == 2);
  }
  ToyCounts apart;
  apart.add(2.0 - 1e-5, 2.0, TestStatistic::Side::high);
  apart.add(2.0 + 1e-5, 2.0, TestStatistic::Side::low);
  apart.add(std::nan(""), 2.0, TestStatistic::Side::high);
  CHECK(apart.extreme == 0);
  CHECK(apart.resolved == 2);
  CHECK(apart.unresolved == 1);
}

TEST_CASE("the interval of CLs covers") {
  // Both fractions binomial; exact enumeration over all outcomes.
  const int n = 40;
  const auto binomial = [&](int k, double p) {
    return std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) + k * std::log(p) + (n - k) * std::log1p(-p));
  };
  for (const auto& [sb, b] : {std::pair{0.05, 0.5}, {0.2, 0.9}, {0.02, 0.1}}) {
    double covered = 0;
    for (int i = 0; i <= n; ++i)
      for (int j = 0; j <= n; ++j) {
        const PValue p = cls({static_cast<std::uint64_t>(i), n, 0}, {static_cast<std::uint64_t>(j), n, 0}).cls;
        if (p.low <= sb / b && sb / b <= p.high) covered += binomial(i, sb) * binomial(j, b);
      }
    CHECK(covered >= one_sigma);
  }
}

TEST_CASE("expected CLs from toys is what exact enumeration gives") {
  CountingModel model({.signal = 3, .background = 5, .observed = 4});
  const auto q = statistic("qmu_tilde");
  std::vector<double> sb = statistics(run_block(model, *q, {0, {1.0}, {1.0}}, 2, 0, 100000)),
                      b = statistics(run_block(model, *q, {1, {0.0}, {1.0}}, 2, 0, 100000));
  const Bands bands = expected_cls(sb, b, q->extreme());
  // With n events CLs = P(N <= n | s + b) / P(N <= n | b), and n is a quantile of Pois(5); q = 0 from 8 events on.
  const auto cumulative = [](int n, double mean) {
    double sum = 0;
    for (int k = 0; k <= n; ++k) sum += poisson_probability(k, mean);
    return sum;
  };
  const double levels[] = {0.02275, 0.15866, 0.5, 0.84134, 0.97725};
  for (int i = 0; i < 5; ++i) {
    int n = 0;
    while (cumulative(n, 5) < levels[i]) ++n;
    const double exact = n >= 8 ? 1.0 : cumulative(n, 8) / cumulative(n, 5);
    CHECK(bands[i] == Approx(exact).epsilon(i == 0 ? 0.25 : 0.03));
  }
}

TEST_CASE("no toy is cut at the upper bound of the signal strength where fits above the tested one count") {
  json w = own_workspace("on_off");
  w["channels"][0]["samples"][0]["data"] = {1.0};
  w["channels"][0]["samples"][1]["data"] = {1.0};
  w["channels"][0]["samples"][1]["modifiers"] = json::array();
  w["observations"][0]["data"] = {13.0};
  HistFactoryToyModel model(compile(w));
  REQUIRE(model.poi_range().high == 10);
  // A bound of the closed form as well.
  CountingModel exact({.signal = 1, .background = 1, .observed = 13}), bounded({.signal = 1, .background = 1, .observed = 13, .largest_poi = 10});
  for (const char* name : {"tmu", "tmu_tilde", "q0"}) {
    const auto q = statistic(name);
    Profile a(model), b(exact), c(bounded);
    for (const double tested : {2.0, 8.0, 10.0, 15.0})
      for (int n = 8; n < 40; ++n) {
        const double data[] = {static_cast<double>(n)};
        for (Profile* p : {&a, &b, &c}) p->set_data(data);
        INFO(name << " mu " << tested << " n " << n);
        const double expected = q->value(b, tested);
        CHECK(q->value(a, tested) == Approx(expected).margin(5e-6));
        CHECK(q->value(c, tested) == Approx(expected).margin(5e-6));
      }
  }
  CHECK(Asymptotics(model).discovery().q0 == Approx(2 * (13 * std::log(13.0) - 12)).epsilon(1e-9));
}

TEST_CASE("fits resolve every toy where numbers are large or constraints precise, and the statistic is exact") {
  struct Case {
    double signal, background, uncertainty, observed;
  };
  // tau = (background / uncertainty)^2 up to 9e14; counts up to 1e9.
  for (const Case& c : {Case{10, 30, 3e-3, 33}, Case{10, 30, 3e-4, 33}, Case{10, 30, 1e-6, 33}, Case{2e4, 1e8, 5, 1e8 + 5e3}, Case{6e4, 1e9, 0, 1e9 + 1.6e4}}) {
    json w = own_workspace("on_off");
    w["channels"][0]["samples"][0]["data"] = {c.signal};
    w["channels"][0]["samples"][1]["data"] = {c.background};
    w["channels"][0]["samples"][1]["modifiers"][0]["data"] = {c.uncertainty};
    w["observations"][0]["data"] = {c.observed};
    HistFactoryToyModel model(compile(w));
    CountingModel exact({.signal = c.signal, .background = c.background, .observed = c.observed});
    INFO(c.background << " +- " << c.uncertainty);
    const ToyHypothesis at{3, conditional_parameters(model, 1.0), {1.0}};
    const ToyBlock block = run_block(model, *statistic("qmu_tilde"), at, 1, 0, 1000);
    std::vector<double> data;
    Profile profile(exact);
    double worst = 0, hits = 0;
    for (const ToyRow& row : block.rows) {
      REQUIRE(resolved(row.status));
      // The background is known to better than its own fluctuation by far: the auxiliary datum hardly matters.
      model.generate(at.parameters, {1, 3, row.toy}, data);
      const double only[] = {data[0]};
      profile.set_data(only);
      const double q = statistic("qmu_tilde")->value(profile, 1.0);
      worst = std::max(worst, std::abs(row.statistic - q));
      hits += row.statistic > 1;
    }
    CHECK(worst < 2e-2);
    CHECK(hits / 1000 == Approx(0.1587).margin(0.05));
  }
}

TEST_CASE("a Poisson constraint with a lower bound of 0 and nothing counted is no trouble") {
  json w = own_workspace("on_off");
  w["channels"][0]["samples"][0]["data"] = {5.0};
  w["channels"][0]["samples"][1]["data"] = {3.0};
  w["channels"][0]["samples"][1]["modifiers"][0]["data"] = {2.5};
  w["observations"][0]["data"] = {4.0};
  w["measurements"][0]["config"]["parameters"] = json::parse(R"([{"name": "off", "bounds": [[0.0, 10.0]]}])");
  HistFactoryToyModel model(compile(w));
  CHECK(model.model().parameters()[model.model().find("off[0]")].low == 1e-10);
  for (const double mu : {0.0, 1.0})
    for (const ToyRow& row : run_block(model, *statistic("qmu_tilde"), {5, conditional_parameters(model, mu), {1.0}}, 1, 0, 500).rows)
      REQUIRE(resolved(row.status));
}
