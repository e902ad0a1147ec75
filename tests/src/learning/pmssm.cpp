// Learning where the embedded pMSSM is allowed, 19 parameters: what choosing points saves, and what the model's confidence is worth. Short; the full campaigns: bench/learning_gain.py.

#include <cmath>

#include "src/models/point.h"
#include "tests/src/learning/toy_learning.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

constexpr std::size_t dim = 19;

/// Whether a point passes the set `exclusion`; NaN where it has no spectrum.
Truth exclusion() {
  Faults faults;
  const Config job = Config::map({{"preset", "pmssm19", {}}, {"model", Config::map({{"type", "pmssm", {}}}), {}}, {"constraints", Config::list({Config::map({{"include", "exclusion", {}}})}), {}}});
  auto evaluator = std::make_shared<PointEvaluator>(*PointEvaluator::read(job, faults));
  faults.throw_if_any("test");
  return [evaluator, row = std::vector<double>()](std::span<const double> u) mutable {
    RandomStream stream(1, Purpose::evaluate, 0);
    if (evaluator->evaluate(u, stream, row).status != Status::ok) return std::numeric_limits<double>::quiet_NaN();
    return row.back() > -4.0 ? 1.0 : 0.0;
  };
}

Toy toy(std::uint64_t start, std::uint64_t batches) {
  Toy t;
  t.dim = dim;
  t.options = {.start = start, .batch = 500, .batches = batches, .lag = 1, .slice = 5000, .test = 10000};
  t.candidates = 20000;
  t.committee = committee("forest", {{"trees", 60, {}}});
  t.truth = exclusion();
  return t;
}

}  // namespace

TEST_CASE("choosing by a forest saves half of the points in 19-D, and its confidence holds on fresh draws from the prior") {
  ToyLearning random(toy(20000, 0)), active(toy(2000, 12));
  random.run();
  active.run();
  const LearningStep reference = random.learner().curve().back();
  const double needed = evaluations_to(active.learner().curve(), reference.classes.accuracy);
  CAPTURE(reference.classes.accuracy, needed, active.learner().curve().back().classes.accuracy);
  CHECK(static_cast<double>(reference.evaluations) / needed >= 2.0);

  const Calibration stated = active.learner().newest_calibration();
  std::vector<float> x, y;
  std::vector<double> u(dim);
  const Truth truth = exclusion();
  for (std::uint64_t i = 0; i < 20000; ++i) {
    RandomStream(9, Purpose::test, i).fill_uniform(u);
    const double c = truth(u);
    if (std::isnan(c)) continue;
    x.insert(x.end(), u.begin(), u.end());
    y.push_back(static_cast<float>(c));
  }
  const VotersList& members = active.newest_committee();
  const std::size_t votes = count_votes(members);
  std::vector<float> matrix(y.size() * votes);
  predict_votes(members, x, dim, matrix);
  std::vector<double> p;
  for (std::size_t i = 0; i < y.size(); ++i) p.push_back(mean_vote(std::span(matrix).subspan(i * votes, votes)));

  const Calibration fresh(y, p);
  for (std::size_t b = 0; b < stated.bins().size(); ++b) {
    const auto &s = stated.bins()[b], &f = fresh.bins()[b];
    if (s.points == 0 || f.points == 0) continue;
    const auto n = static_cast<double>(s.points), m = static_cast<double>(f.points);
    const double pooled = (static_cast<double>(s.right + f.right) + 1.0) / (n + m + 2.0);
    INFO("bin " << b << ": " << s.right << " of " << s.points << " stated, " << f.right << " of " << f.points << " on fresh points");
    CHECK(std::abs(s.confidence() - f.confidence()) < 3.0 * std::sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)));
  }
  double kept = 0.0, right = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (stated.confidence(p[i]) < 0.95) continue;
    ++kept;
    right += (p[i] > 0.5) == (y[i] > 0.5f);
  }
  CHECK(right / kept >= 0.95);
  CHECK(kept / static_cast<double>(y.size()) >= 0.6);
}
