// The box of the training points.

#include "src/learning/model.h"

#include "src/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/yaml.h"

using namespace umbra;

namespace {

ParameterSpace space_of(const std::string& yaml) {
  Faults faults;
  ParameterSpace space = ParameterSpace::read(test::yaml(yaml), faults);
  faults.throw_if_any(yaml);
  return space;
}

class One final : public Voters {
 public:
  std::size_t votes() const override { return 1; }
  void predict(std::span<const float>, std::size_t, std::span<float> votes, std::size_t) const override { std::fill(votes.begin(), votes.end(), 1.0f); }
  void save(std::ostream&) const override {}
};

}  // namespace

TEST_CASE("no training point is outside its own box, for any prior and block") {
  for (const char* parameters : {
           "[{name: a, range: [-5, 5]}, {name: b, prior: log, range: [1, 100]}]",
           "[{name: a, prior: normal, mean: 3, sigma: 0.1}, {name: b, prior: log_normal, median: 1, sigma: 0.7}]",
           "[{name: a, prior: cauchy, location: 0, scale: 1}, {name: b, prior: exponential, mean: 2}]",
           "[{name: a, prior: truncated_normal, mean: 0, sigma: 1, range: [-1, 2]}, {name: b, prior: symmetric_log, range: [-100, 100], linear: 1}]",
           "[{name: a, prior: discrete, values: [1, 2, 5, 7]}, {name: c, prior: derived, expression: 'a + 1'}, {name: b, range: [0, 1]}, {name: d, prior: same_as, same_as: a, factor: 2}]",
           "[{prior: correlated_normal, names: [a, b], mean: [0, 0], sigma: [1, 1], correlation: [[1, 0.95], [0.95, 1]]}]",
       }) {
    INFO(parameters);
    const ParameterSpace space = space_of(parameters);
    REQUIRE(space.dim() == 2);
    std::vector<double> u(2 * 400);
    RandomStream(1, Purpose::test, 0).fill_uniform(u);
    ModelCard card;
    card.parameters = test::yaml(parameters);
    cover_box(space, u, card.low, card.high);
    const LearnedModel model(card, {std::make_shared<One>()});
    std::vector<double> theta(space.size());
    for (std::size_t i = 0; i < u.size(); i += 2) {
      space.to_physical(std::span(u).subspan(i, 2), theta);
      std::vector<double> x;
      for (const std::string& name : model.inputs()) x.push_back(theta[static_cast<std::size_t>(std::find(space.names().begin(), space.names().end(), name) - space.names().begin())]);
      CHECK(model.outside(x).empty());
    }
  }
}

TEST_CASE("the box reaches the end of a prior's range where the points come near, and no end that there is not") {
  std::vector<double> u(2 * 1000), low, high;
  RandomStream(1, Purpose::test, 0).fill_uniform(u);
  cover_box(space_of("[{name: a, range: [-5, 5]}, {name: b, prior: normal, mean: 0, sigma: 1}]"), u, low, high);
  CHECK(low[0] == -5.0);
  CHECK(high[0] == 5.0);
  CHECK(low[1] > -5.0);
  CHECK(high[1] < 5.0);
  cover_box(space_of("[{prior: correlated_normal, names: [a, b], mean: [0, 0], sigma: [1, 1], correlation: [[1, 0.95], [0.95, 1]]}]"), u, low, high);
  for (const std::size_t d : {0, 1}) {
    CHECK((low[d] > -5.0 && low[d] < -2.0));
    CHECK((high[d] < 5.0 && high[d] > 2.0));
  }
  for (double& x : u) x = 0.4 + 0.2 * x;
  cover_box(space_of("[{name: a, range: [-5, 5]}, {name: b, range: [0, 1]}]"), u, low, high);
  CHECK(low[0] == Approx(-1.0).margin(0.05));
  CHECK(high[0] == Approx(1.0).margin(0.05));
}

TEST_CASE("an SLHA entry stands for a parameter of the model or is refused") {
  CHECK(slha_fault("EXTPAR 1", "M1", {"M1", "M2"}).empty());
  CHECK_THAT(slha_fault("EXTPAR 1", "M3", {"M1", "M2"}), Catch::Contains("M3"));
  CHECK_THAT(slha_fault("25", "M1", {"M1", "M2"}), Catch::Contains("'25'"));
}
