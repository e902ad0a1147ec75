#include <chrono>
#include <cmath>
#include <ctime>
#include <map>

#include "src/models/evaluator.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

Config map(std::vector<std::pair<std::string, Config>> items) {
  Config c = Config::map({});
  for (auto& [key, value] : items) c.set(key, value);
  return c;
}

std::unique_ptr<Evaluator> make_model(const Config& config, Faults& faults) { return ModelRegistry::instance().make(config, faults, {{"x", "y"}}); }

}  // namespace

TEST_CASE("fail fails at the stated shares and gives the inner likelihood elsewhere") {
  Faults faults;
  auto model = make_model(map({{"type", "fail"},
                               {"shares", map({{"timeout", "0.2"}, {"unphysical", "0.1"}, {"throw", "0.1"}, {"nan", "0.1"}, {"infinite", "0.1"}})},
                               {"inner", map({{"type", "rastrigin"}})}}),
                          faults);
  INFO(faults.report("job"));
  REQUIRE(model);
  std::map<std::string, int> counts;
  const int n = 10000;
  for (int i = 0; i < n; ++i) {
    RandomStream stream(1, Purpose::evaluate, i);
    double lnl = 0;
    const std::vector<double> theta = {0.0, 0.0};
    try {
      const Evaluation e = model->evaluate(theta, stream, {&lnl, 1});
      if (e.status != Status::ok) ++counts[std::string(name(e.status))];
      else if (std::isnan(lnl)) ++counts["nan"];
      else if (std::isinf(lnl)) ++counts["infinite"];
      else if (lnl == 0.0) ++counts["ok"];
    } catch (const std::runtime_error&) {
      ++counts["throw"];
    }
  }
  const std::map<std::string, double> expected = {{"timeout", 0.2}, {"unphysical", 0.1}, {"throw", 0.1},
                                                  {"nan", 0.1},     {"infinite", 0.1},   {"ok", 0.4}};
  CHECK(counts.size() == expected.size());
  for (const auto& [way, share] : expected) CHECK(std::abs(counts[way] - share * n) < 4 * std::sqrt(n * share * (1 - share)));
}

TEST_CASE("wrapped models nest, and faults of the innermost are found") {
  Faults faults;
  CHECK(make_model(map({{"type", "sleep"}, {"mean", "0s"}, {"inner", map({{"type", "fail"}, {"inner", map({{"type", "burn"}, {"mean", "0s"}})}})}}),
                   faults));
  CHECK(faults.empty());
  CHECK_FALSE(make_model(map({{"type", "sleep"}, {"inner", map({{"type", "fail"}, {"shares", map({{"sinal", "0.1"}})}})}}), faults));
  CHECK_FALSE(make_model(map({{"type", "burn"}, {"inner", map({{"type", "rastrgin"}})}}), faults));
  CHECK_FALSE(make_model(map({{"type", "fail"}, {"shares", map({{"signal", "0.6"}, {"nan", "0.6"}})}}), faults));
  REQUIRE(faults.size() == 3);
  CHECK(faults.all()[0].text.find("did you mean 'signal'") != std::string::npos);
  CHECK(faults.all()[1].text.find("did you mean 'rastrigin'") != std::string::npos);
  CHECK(faults.all()[2].text.find("sum to 1.2") != std::string::npos);
}

TEST_CASE("burn uses the core, sleep does not, both for the drawn time") {
  Faults faults;
  const std::vector<double> theta = {0.0, 0.0};
  double lnl = 0;
  const auto time = [&](const std::string& type, int points) {
    auto model = make_model(map({{"type", Config(type)}, {"mean", "200us"}, {"distribution", "log_normal"}, {"sigma", "0.5"}}), faults);
    const auto start = std::chrono::steady_clock::now();
    const double cpu = static_cast<double>(std::clock());
    for (int i = 0; i < points; ++i) {
      RandomStream stream(2, Purpose::evaluate, i);
      model->evaluate(theta, stream, {&lnl, 1});
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    return std::pair(wall.count() / points, (static_cast<double>(std::clock()) - cpu) / CLOCKS_PER_SEC / points);
  };
  // The drawn times have a mean of 200 us within 4 sigma = 53 us at 64 points; a busy machine can only make the wall time longer.
  const auto [sleep_wall, sleep_cpu] = time("sleep", 64);
  CHECK(sleep_wall > 147e-6);
  CHECK(sleep_cpu < 0.5 * sleep_wall);
  const auto [burn_wall, burn_cpu] = time("burn", 64);
  CHECK(burn_cpu > 147e-6);
  CHECK(burn_cpu < 300e-6);
  CHECK(burn_wall > 147e-6);
}
