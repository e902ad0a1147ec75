#include "src/learning/metrics.h"

#include <algorithm>
#include <cmath>

#include "src/base/random.h"
#include "src/learning/score.h"
#include "src/learning/selection.h"
#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("metrics of classes by hand") {
  const std::vector<float> y = {1, 1, 0, 0, 1};
  const std::vector<double> p = {0.9, 0.6, 0.6, 0.2, 0.1};
  const ClassMetrics m = class_metrics(y, p);
  CHECK(m.accuracy == Approx(0.6));
  CHECK(m.accuracy_0 == Approx(0.5));
  CHECK(m.accuracy_1 == Approx(2.0 / 3));
  CHECK(m.balanced_accuracy == Approx((0.5 + 2.0 / 3) / 2));
  CHECK(m.auc == Approx((1 + 1 + 0.5 + 1) / 6));  // pairs in order, a tie counts half
  CHECK(m.precision_recall == Approx((1.0 + 2.0 / 3 + 3.0 / 5) / 3));
  CHECK(m.brier == Approx((0.01 + 0.16 + 0.36 + 0.04 + 0.81) / 5));
  CHECK(std::isnan(class_metrics(std::vector<float>{1, 1}, std::vector<double>{0.2, 0.7}).auc));
  const NumberMetrics n = number_metrics(std::vector<float>{1, 2, 3}, std::vector<double>{1, 2, 4});
  CHECK(n.rms == Approx(std::sqrt(1.0 / 3)));
  CHECK(n.r2 == Approx(0.5));
}

TEST_CASE("a calibration states what holds on a fresh sample") {
  // Class 1 with probability p^2: votes that are not calibrated.
  const auto sample = [](std::uint64_t id, std::vector<float>& y, std::vector<double>& p) {
    RandomStream stream(3, Purpose::test, id);
    for (int i = 0; i < 40000; ++i) {
      p.push_back(stream.uniform());
      y.push_back(stream.uniform() < p.back() * p.back() ? 1.0f : 0.0f);
    }
  };
  std::vector<float> y, y2;
  std::vector<double> p, p2;
  sample(0, y, p);
  sample(1, y2, p2);
  const Calibration stated(y, p), fresh(y2, p2);
  for (std::size_t b = 0; b < stated.bins().size(); ++b) {
    const auto &s = stated.bins()[b], &f = fresh.bins()[b];
    const double q = 0.5 * (s.confidence() + f.confidence());
    const double sigma = std::sqrt(q * (1 - q) * (1.0 / static_cast<double>(s.points) + 1.0 / static_cast<double>(f.points)));
    CHECK(std::abs(s.confidence() - f.confidence()) < 4 * sigma + 1e-12);
  }
  CHECK(stated.confidence(0.6) < 0.5);  // the answer is 1, and mostly wrong
  CHECK(Calibration().confidence(0.3) == 0.5);
}

TEST_CASE("scores are largest where members agree least") {
  const std::vector<float> agree = {0.9f, 0.95f, 1.0f, 0.92f}, doubt = {0.45f, 0.55f, 0.5f, 0.52f}, quarrel = {0.0f, 1.0f, 0.0f, 1.0f};
  for (std::size_t s = 0; s < score_names().size(); ++s) {
    INFO(score_names()[s]);
    const auto which = static_cast<Score>(s);
    CHECK(score(which, quarrel) > score(which, agree));
    if (which == Score::margin || which == Score::vote_entropy) CHECK(score(which, doubt) > score(which, agree));
  }
  CHECK(score(Score::vote_entropy, quarrel) == Approx(std::log(2.0)));
  CHECK(score(Score::margin, std::vector<float>{0.5f, 0.7f}) == Approx(0.8));
  CHECK(score(Score::deviation, quarrel) == Approx(0.5));
  CHECK(score(Score::mean_spread, std::vector<float>{0.5f, 1.0f}) == Approx(0.5));
  CHECK(score(Score::divergence, quarrel) == Approx(std::log(2.0)));
  CHECK(score(Score::divergence, std::vector<float>{0.5f, 0.5f}) == Approx(0.0).margin(1e-12));
  CHECK(score(Score::variance, std::vector<float>{1.0f, 3.0f}) == Approx(1.0));
}

TEST_CASE("a draw by power takes each in proportion to its score's power, zeros last, and is the same in any slices") {
  const std::vector<double> scores = {1.0, 2.0, 0.0, 3.0};
  const double power = 2.0, sum = 1.0 + 4.0 + 9.0;
  constexpr int draws = 4000;
  std::vector<int> first(4, 0);
  for (std::uint64_t step = 0; step < draws; ++step) {
    std::vector<double> keys = scores;
    draw_by_power(keys, power, 5, step, 0);
    ++first[static_cast<std::size_t>(std::max_element(keys.begin(), keys.end()) - keys.begin())];
    CHECK(std::min_element(keys.begin(), keys.end()) - keys.begin() == 2);
    std::vector<double> end = {3.0};
    draw_by_power(end, power, 5, step, 3);
    CHECK(end[0] == keys[3]);
  }
  for (const std::size_t i : {0u, 1u, 3u}) {
    const double p = scores[i] * scores[i] / sum;
    CHECK(std::abs(first[i] - draws * p) < 4 * std::sqrt(draws * p * (1 - p)));
  }
}

TEST_CASE("the best are kept whatever their order, and k-centre spreads") {
  std::vector<Scored> list = {{0.5, 4}, {0.9, 1}, {0.5, 2}, {0.1, 0}};
  std::vector<Scored> reversed(list.rbegin(), list.rend());
  keep_best(list, 2);
  keep_best(reversed, 2);
  REQUIRE(list.size() == 2);
  CHECK(list[0].index == 1);
  CHECK(list[1].index == 2);
  CHECK(reversed[1].index == 2);
  const std::vector<double> u = {0.0, 0.01, 0.02, 1.0, 0.5};
  CHECK(k_centre(u, 1, 3) == std::vector<std::size_t>{0, 3, 4});
  CHECK(k_centre(u, 1, 9).size() == 5);
}
