// What every registered committee must hold: the same bits for the same seed, save and load, votes that agree where points abound and differ at the boundary.

#include <sstream>

#include "src/learning/committee.h"
#include "src/learning/metrics.h"
#include "src/learning/score.h"
#include "tests/src/learning/toy_learning.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

std::vector<Config::Item> quick(const std::string& type) {
  if (type == "forest") return committee(type, {{"trees", 50, {}}});
  if (type == "boosted") return committee(type, {{"members", 3, {}}, {"rounds", 60, {}}});
  if (type == "networks") return committee(type, {{"members", 3, {}}, {"hidden", Config::list({32, 32}), {}}, {"least_steps", 400, {}}});
  if (type == "dropout") return committee(type, {{"networks", 1, {}}, {"hidden", Config::list({64, 64}), {}}, {"least_steps", 400, {}}});
  if (type == "mixed")
    return committee(type, {{"members", Config::list({Config::map(committee("forest", {{"trees", 10, {}}})), Config::map(committee("networks", {{"members", 2, {}}, {"epochs", 5, {}}, {"least_steps", 100, {}}}))}), {}}});
  return committee(type);  // the defaults of a new one must do
}

struct Points {
  std::vector<float> x, y;
};
/// Class 1 above a plane, or a sum of squares.
Points points(std::size_t n, std::size_t dim, bool classes, std::uint64_t id) {
  Points p;
  RandomStream stream(4, Purpose::test, id);
  for (std::size_t i = 0; i < n; ++i) {
    float sum = 0.0f;
    for (std::size_t d = 0; d < dim; ++d) {
      const auto u = static_cast<float>(stream.uniform());
      p.x.push_back(u);
      sum += classes ? u : u * u;
    }
    p.y.push_back(classes ? (sum > 0.5f * static_cast<float>(dim) ? 1.0f : 0.0f) : 100.0f + 10.0f * sum);
  }
  return p;
}

VotersList train(const Committee& c, const TrainingView& set) {
  VotersList list;
  for (std::size_t part = 0; part < c.parts(); ++part) list.push_back(c.fit(set, part, 3));
  return list;
}

std::vector<float> votes_of(const VotersList& c, const Points& p, std::size_t dim) {
  std::vector<float> votes(p.x.size() / dim * count_votes(c));
  predict_votes(c, p.x, dim, votes);
  return votes;
}

std::unique_ptr<Committee> make(const std::string& type, std::size_t dim, bool classes) {
  Faults faults;
  auto c = CommitteeRegistry::instance().make(Config::map(quick(type)), faults, CommitteeContext{dim, classes, 11});
  faults.throw_if_any(type);
  return c;
}

}  // namespace

TEST_CASE("every committee learns a class and a number, the same bits each time, and comes back from disk") {
  constexpr std::size_t dim = 4;
  for (const std::string& type : CommitteeRegistry::instance().names())
    for (const bool classes : {true, false}) {
      INFO(type << (classes ? " of classes" : " of numbers"));
      const auto c = make(type, dim, classes);
      if (!c->lacks().empty()) {
        WARN(c->lacks());
        continue;
      }
      const Points training = points(500, dim, classes, 0), test = points(2000, dim, classes, 1);
      const TrainingView set{dim, training.x, training.y};
      const VotersList trained = train(*c, set);
      const std::size_t n = count_votes(trained);
      CHECK(n >= 2);
      const std::vector<float> votes = votes_of(trained, test, dim);
      CHECK(votes == votes_of(train(*c, set), test, dim));

      VotersList loaded;
      for (std::size_t part = 0; part < c->parts(); ++part) {
        std::stringstream bytes;
        trained[part]->save(bytes);
        loaded.push_back(c->load(bytes, part));
      }
      CHECK(votes == votes_of(loaded, test, dim));

      // One by one as in batches, up to rounding.
      double worst = 0.0;
      for (std::size_t i = 0; i < 20; ++i) {
        const Points one{{test.x.begin() + static_cast<std::ptrdiff_t>(i * dim), test.x.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim)}, {}};
        const std::vector<float> single = votes_of(trained, one, dim);
        for (std::size_t v = 0; v < n; ++v) worst = std::max<double>(worst, std::abs(single[v] - votes[i * n + v]));
      }
      CHECK(worst < 1e-3);

      std::vector<double> mean, near, far;
      for (std::size_t i = 0; i < test.y.size(); ++i) {
        const auto row = std::span<const float>(votes).subspan(i * n, n);
        mean.push_back(mean_vote(row));
        double sum = -2.0;
        for (std::size_t d = 0; d < dim; ++d) sum += test.x[i * dim + d];
        if (classes && std::abs(sum) < 0.1) near.push_back(score(Score::margin, row));
        if (classes && std::abs(sum) > 0.7) far.push_back(score(Score::margin, row));
      }
      if (classes) {
        CHECK(class_metrics(test.y, mean).accuracy > 0.88);  // 500 points in 4-D; half is a coin's
        const auto average = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); };
        CHECK(average(near) > 2.0 * average(far));
      } else {
        CHECK(number_metrics(test.y, mean).r2 > 0.8);
      }
    }
}

TEST_CASE("another part, version or seed gives another member") {
  constexpr std::size_t dim = 3;
  const Points training = points(300, dim, true, 0), test = points(100, dim, true, 1);
  const TrainingView set{dim, training.x, training.y};
  for (const char* type : {"forest", "boosted", "networks", "dropout"}) {
    const auto c = make(type, dim, true);
    if (!c->lacks().empty()) continue;
    const auto votes = [&](std::size_t part, std::uint64_t version) { return votes_of({c->fit(set, part, version)}, test, dim); };
    CHECK(votes(0, 1) != votes(0, 2));
    if (c->parts() > 1) CHECK(votes(0, 1) != votes(1, 1));
  }
}

TEST_CASE("a damaged committee is refused") {
  constexpr std::size_t dim = 3;
  const Points training = points(200, dim, true, 0);
  for (const std::string& type : CommitteeRegistry::instance().names()) {
    INFO(type);
    const auto c = make(type, dim, true);
    if (!c->lacks().empty()) continue;
    std::stringstream bytes;
    c->fit({dim, training.x, training.y}, 0, 1)->save(bytes);
    std::istringstream cut(bytes.str().substr(0, bytes.str().size() / 2));
    CHECK_THROWS_AS(c->load(cut, 0), UserError);
  }
}
