#include "src/statistics/toy_limits.h"

#include <cmath>

#include "src/statistics/counting_model.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"

using namespace umbra;

namespace {

double at_most(int n, double mean) {
  double sum = 0;
  for (int k = 0; k <= n; ++k) sum += std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
  return sum;
}

/// Exact CLsb or CLs limit of n events on background b, signal 1 per unit of mu: solved on cumulative Poisson probabilities.
double exact_limit(int n, double b, bool divide) {
  return find_root([&](double mu) { return at_most(n, mu + b) / (divide ? at_most(n, b) : 1.0) - 0.05; }, 1e-9, 200, 1e-10);
}

struct Search {
  CountingModel model;
  std::unique_ptr<TestStatistic> q = statistic("qmu_tilde");
  std::uint64_t toys;

  LimitPoint point(double poi, std::uint64_t seed) {
    LimitPoint p{poi, {}, {}};
    const ToyRow observed = observed_row(model, *q, poi);
    for (const ToyRow& row : run_block(model, *q, {std::uint64_t(poi * 1e6) + 1, {poi}, {poi}}, seed, 0, toys).rows)
      p.signal.add(row, observed.statistic, q->extreme());
    for (const ToyRow& row : run_block(model, *q, {0, {0.0}, {poi}}, seed, 0, toys).rows) p.background.add(row, observed.statistic, q->extreme());
    return p;
  }
};

}  // namespace

TEST_CASE("limits by toys at adaptively placed signal strengths are the exact ones, within an error that is right") {
  const int n = 4;
  const double background = 3, exact = exact_limit(n, background, true);
  double pulls = 0;
  const int rounds = 20;
  for (int round = 0; round < rounds; ++round) {
    Search search{CountingModel({.signal = 1, .background = background, .observed = double(n)}), statistic("qmu_tilde"), 2000};
    std::vector<LimitPoint> points = {search.point(1.0, 100 + static_cast<std::uint64_t>(round))};
    ToyLimit limit;
    int placed = 1;
    while (placed < 30) {
      limit = toy_upper_limit(points, 0.95);
      const auto next = next_signal_strength(points, limit);
      if (!next) break;
      points.push_back(search.point(*next, 100 + static_cast<std::uint64_t>(round)));
      std::sort(points.begin(), points.end(), [](const LimitPoint& a, const LimitPoint& b) { return a.poi < b.poi; });
      ++placed;
    }
    REQUIRE(limit.place == LimitPlace::between_points);
    CHECK(placed < 15);
    CHECK(std::abs(limit.value - exact) < 5 * limit.error);
    pulls += std::pow((limit.value - exact) / limit.error, 2) / rounds;
  }
  CHECK(pulls > 0.3);
  CHECK(pulls < 2.2);
}

TEST_CASE("limits cover as exact enumeration says: CLsb at its level, CLs above it") {
  // A data set excludes mu where its exact p-value is below 0.05; with events discrete, the coverage is the sum over those that do not.
  const double background = 3;
  for (const double mu : {1.0, 3.0, 6.0}) {
    double clsb = 0, cls = 0, from_toys = 0;
    CountingModel model({.signal = 1, .background = background});
    const auto q = statistic("qmu_tilde");
    const ToyBlock toys = run_block(model, *q, {0, {mu}, {mu}}, 9, 0, 40000);
    Profile profile(model);
    for (int n = 0; n < 40; ++n) {
      const double probability = std::exp(n * std::log(mu + background) - mu - background - std::lgamma(n + 1.0));
      if (exact_limit(n, background, true) >= mu) cls += probability;
      if (at_most(n, mu + background) >= 0.05) clsb += probability;
      const double data[] = {double(n)};
      profile.set_data(data);
      const double observed = q->value(profile, mu);
      ToyCounts counts;
      for (const ToyRow& row : toys.rows) counts.add(row, observed, q->extreme());
      if (p_value(counts).value >= 0.05) from_toys += probability;
    }
    INFO("mu " << mu);
    CHECK(clsb >= 0.95);
    CHECK(cls >= clsb);
    CHECK(from_toys == Approx(clsb).epsilon(1e-12));
  }
}

TEST_CASE("Feldman-Cousins intervals are those of the published table") {
  // arXiv:physics/9711021, table IV: 90 %, background 3.0: n = 0: [0, 1.08], n = 4: [0, 5.60], n = 10: [2.63, 13.50] (the bounded likelihood
  // ratio is their ordering; their ends are rounded outwards to a grid of 0.005).
  struct Entry {
    double n, low, high;
  };
  for (const Entry& entry : {Entry{0, 0, 1.08}, Entry{4, 0, 5.60}, Entry{10, 2.63, 13.50}}) {
    CountingModel model({.signal = 1, .background = 3, .observed = entry.n});
    const auto t = statistic("tmu_tilde");
    std::vector<IntervalPoint> points;
    for (double mu = 0; mu < 16; mu += (mu < 1.5 ? 0.1 : 0.25)) {
      const ToyRow observed = observed_row(model, *t, mu);
      IntervalPoint point{mu, {}};
      for (const ToyRow& row : run_block(model, *t, {std::uint64_t(mu * 1000), {mu}, {mu}}, 3, 0, 20000).rows)
        point.counts.add(row, observed.statistic, t->extreme());
      points.push_back(point);
    }
    const ToyInterval interval = feldman_cousins(points, 0.9);
    INFO("n = " << entry.n);
    CHECK(interval.low == Approx(entry.low).margin(0.25));
    CHECK(interval.high == Approx(entry.high).margin(0.25));
  }
}

TEST_CASE("the ends of an interval have errors that are right, and points without a resolved toy say nothing") {
  CountingModel model({.signal = 1, .background = 3, .observed = 10});
  const auto t = statistic("tmu_tilde");
  const std::vector<double> strengths = {1.5, 2, 2.5, 3, 5, 8, 12, 12.8, 13.6, 14.4, 15.2};
  std::vector<double> lows, highs;
  double low_error = 0, high_error = 0;
  const int rounds = 60;
  for (int round = 0; round < rounds; ++round) {
    std::vector<IntervalPoint> points;
    for (const double mu : strengths) {
      const ToyRow observed = observed_row(model, *t, mu);
      IntervalPoint point{mu, {}};
      for (const ToyRow& row : run_block(model, *t, {std::uint64_t(mu * 1000), {mu}, {mu}}, 100 + static_cast<std::uint64_t>(round), 0, 4000).rows)
        point.counts.add(row, observed.statistic, t->extreme());
      points.push_back(point);
    }
    const ToyInterval interval = feldman_cousins(points, 0.9);
    lows.push_back(interval.low);
    highs.push_back(interval.high);
    low_error += interval.low_error / rounds;
    high_error += interval.high_error / rounds;
    points.push_back({16, {0, 0, 4000}});
    points.insert(points.begin(), {1, {0, 0, 4000}});
    const ToyInterval same = feldman_cousins(points, 0.9);
    CHECK(same.low == interval.low);
    CHECK(same.high == interval.high);
  }
  const auto spread = [](const std::vector<double>& v) {
    double mean = 0, squares = 0;
    for (const double x : v) mean += x / static_cast<double>(v.size());
    for (const double x : v) squares += (x - mean) * (x - mean);
    return std::sqrt(squares / static_cast<double>(v.size() - 1));
  };
  CHECK(low_error / spread(lows) == Approx(1).margin(0.4));
  CHECK(high_error / spread(highs) == Approx(1).margin(0.4));
  const ToyInterval nothing = feldman_cousins({{1, {0, 0, 100}}, {2, {0, 0, 100}}}, 0.9);
  CHECK(std::isnan(nothing.low));
  CHECK(std::isnan(nothing.high));
}
