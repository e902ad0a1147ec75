#pragma once
// Runs a sampler against a function in one process: tasks are told in a random order, with some always in flight.

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/base/config.h"
#include "src/base/random.h"
#include "src/samplers/sampler.h"

namespace umbra::test {

/// The outcome of a point. `id` is for failures that depend on it.
using Function = std::function<Outcome(TaskId id, std::span<const double> u)>;

inline Outcome outcome(TaskId id, std::span<const double> u, double log_likelihood, Status status = Status::ok) {
  Outcome o;
  o.id = id;
  o.status = status;
  o.values.assign(u.begin(), u.end());
  o.values.push_back(log_likelihood);
  return o;
}
/// A function of u that never fails.
inline Function plain(std::function<double(std::span<const double>)> f) {
  return [f](TaskId id, std::span<const double> u) { return outcome(id, u, f(u)); };
}

inline std::unique_ptr<Sampler> make(const std::string& type, const SamplerContext& context, std::vector<Config::Item> options = {}) {
  options.insert(options.begin(), {"type", Config(type), {}});
  Faults faults;
  auto sampler = SamplerRegistry::instance().make(Config::map(options), faults, context);
  faults.throw_if_any("test");
  return sampler;
}

/// Points of an earlier run, the first one the best.
inline EarlierPoints earlier_points(const std::vector<std::vector<double>>& places) {
  EarlierPoints points;
  points.dim = places.at(0).size();
  for (std::size_t i = 0; i < places.size(); ++i) {
    points.ids.push_back(i);
    points.u.insert(points.u.end(), places[i].begin(), places[i].end());
    points.log_likelihood.push_back(-static_cast<double>(i));
  }
  points.sort();
  return points;
}
inline std::shared_ptr<const EarlierPoints> start_from(EarlierPoints points) { return std::make_shared<const EarlierPoints>(std::move(points)); }

/// Independent draws from the prior, as `random` makes them.
inline EarlierPoints prior_draws(std::size_t dim, std::size_t count, std::uint64_t seed) {
  std::vector<std::vector<double>> places(count, std::vector<double>(dim));
  for (std::size_t i = 0; i < count; ++i) RandomStream(seed, Purpose::test, i, 99).fill_uniform(places[i]);
  EarlierPoints points = earlier_points(places);
  points.sample = EarlierPoints::Sample::prior;
  points.draws = count;
  return points;
}

struct Drive {
  std::size_t ask_size = 1;     ///< asked at a time
  std::size_t in_flight = 1;    ///< asks until so many are out, if it can
  std::uint64_t shuffle = 0;    ///< seed of the order of telling; 0: in the order of asking
  TaskId stop = 1000;           ///< until all ids below are told
  std::size_t most_told = 100000;
};

struct Driven {
  std::map<TaskId, std::vector<double>> points;  ///< all that was asked
  std::map<TaskId, double> log_likelihood;       ///< all that was told
  std::vector<Task> pending;                     ///< asked, not told
  bool repeated = false, stuck = false;
  TaskId contiguous = 0;                         ///< all ids below are told
};

/// Goes on from `run`, whose pending tasks must have been asked from this sampler.
inline void drive(Sampler& sampler, const Function& f, const Drive& how, Driven& run) {
  RandomStream order(how.shuffle, Purpose::test, 0);
  std::size_t told = 0;
  while (run.contiguous < how.stop && !sampler.done() && told < how.most_told) {
    while (run.pending.size() < how.in_flight) {
      auto tasks = sampler.ask(std::min(how.ask_size, how.in_flight - run.pending.size()));
      if (tasks.empty()) break;
      for (Task& t : tasks) {
        const auto u = doubles(t.payload);
        run.repeated |= !run.points.emplace(t.id, std::vector<double>(u.begin(), u.end())).second;
        run.pending.push_back(std::move(t));
      }
    }
    if (run.pending.empty()) {
      run.stuck = true;
      return;
    }
    const std::size_t i = how.shuffle == 0 ? 0 : order.index(run.pending.size());
    const Task task = run.pending[i];
    run.pending.erase(run.pending.begin() + static_cast<std::ptrdiff_t>(i));
    const Outcome o = f(task.id, doubles(task.payload));
    run.log_likelihood[task.id] = o.status == Status::ok ? o.values.back() : -std::numeric_limits<double>::infinity();
    sampler.tell(o);
    ++told;
    while (run.log_likelihood.contains(run.contiguous)) ++run.contiguous;
  }
}
inline Driven drive(Sampler& sampler, const Function& f, const Drive& how) {
  Driven run;
  drive(sampler, f, how, run);
  return run;
}

/// The best value among ids below `stop`.
inline double best(const Driven& run, TaskId stop) {
  double best = -std::numeric_limits<double>::infinity();
  for (auto [id, value] : run.log_likelihood)
    if (id < stop && value > best) best = value;
  return best;
}

}  // namespace umbra::test
