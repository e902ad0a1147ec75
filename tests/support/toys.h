#pragma once
// What the tests of toys share: a statistic by name, exact probabilities, a campaign of toys run to its end in this process.

#include <cmath>
#include <memory>
#include <string>

#include "src/statistics/toy_ensemble.h"

namespace umbra {

inline std::unique_ptr<TestStatistic> statistic(const std::string& type) {
  Faults faults;
  auto made = TestStatisticRegistry::instance().make(Config::map({{"type", Config(type), {}}}), faults);
  REQUIRE(faults.empty());
  return made;
}

inline double poisson_probability(double n, double mean) { return std::exp(n * std::log(mean) - mean - std::lgamma(n + 1)); }

/// P(N >= n)
inline double poisson_tail(int n, double mean) {
  double sum = 0;
  for (int k = n; k < n + 400; ++k) sum += poisson_probability(k, mean);
  return sum;
}

/// Both get models of their own.
inline ToyEnsemble run_toys(const ToyEnsembleOptions& options, const ToyFamily& models, const ToyFamily& same_models, const std::string& type) {
  ToyEnsemble ensemble(options, models, statistic(type));
  ToyTasks tasks(same_models, statistic(type), options.seed);
  while (!ensemble.done()) {
    const std::vector<Task> asked = ensemble.ask(10);
    REQUIRE(!asked.empty());
    for (const Task& t : asked) {
      Outcome o;
      o.kind = t.kind;
      o.id = t.id;
      tasks.run(t, o);
      ensemble.tell(o);
    }
  }
  return ensemble;
}

}  // namespace umbra
