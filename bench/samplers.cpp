// Evaluations that each optimiser needs to come within `target` of the maximum, and the same for pagmo's algorithms on the same functions.
//   bench_samplers [functions=af2,af4] [dim=7] [seeds=20] [max=200000] [target=1e-3] [best=-0.1] [peers=de:20,...] [cost=1] sampler[,option=value...] ...
// A function is a model with a reference problem, or galactic_centre (19 parameters; `best` gives its maximum). A peer is an algorithm:population.
// at=34500,2340: the median distance of the best value from the maximum after so many evaluations of each function, instead.
// cost=1: own cost of ask and tell in 19 dimensions instead; ranks=16,64: busy share in virtual time instead. bench/README.md has the tables and the commands that made them.

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <sstream>
#ifdef UMBRA_HAVE_PAGMO
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/bee_colony.hpp>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/algorithms/de.hpp>
#include <pagmo/algorithms/de1220.hpp>
#include <pagmo/algorithms/gwo.hpp>
#include <pagmo/algorithms/pso.hpp>
#include <pagmo/algorithms/sade.hpp>
#include <pagmo/algorithms/sga.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#endif

#include "src/base/config.h"
#include "src/base/random.h"
#include "src/models/point.h"
#include "src/models/reference_problem.h"
#include "src/samplers/sampler.h"

using namespace umbra;

namespace {

using Point = std::span<const double>;

/// ln L on the unit cube.
class Function {
 public:
  Function(const std::string& name, std::size_t dim, double best) : best(best) {
    Config job = Config::map({});
    if (name == "galactic_centre") {
      job.set("preset", Config("pmssm19"));
      job.set("model", Config::map({{"type", Config("pmssm"), {}}}));
      job.set("constraints", Config::list({Config::map({{"include", Config(name), {}}})}));
    } else {
      const ReferenceProblem problem = reference_problem(name, dim);
      this->best = problem.max_log_likelihood;
      std::vector<Config> parameters;
      for (std::size_t d = 0; d < dim; ++d)
        parameters.push_back(Config::map({{"name", Config(fmt::format("x{}", d)), {}}, {"prior", Config("flat"), {}}, {"range", Config::list({Config(problem.low), Config(problem.high)}), {}}}));
      job.set("parameters", Config::list(parameters));
      job.set("model", Config::map({{"type", Config(name), {}}}));
    }
    Faults faults;
    evaluator_ = PointEvaluator::read(job, faults);
    faults.throw_if_any(name);
  }
  std::size_t dim() const { return evaluator_->dim(); }
  Status evaluate(Point u, double& log_likelihood) {
    RandomStream stream(0, Purpose::evaluate, 0);
    const Status status = evaluator_->evaluate(u, stream, row_).status;
    log_likelihood = row_.back();
    return status;
  }
  double best;  ///< maximum of ln L

 private:
  std::optional<PointEvaluator> evaluator_;
  std::vector<double> row_;
};

struct Reach {
  double evaluations = std::numeric_limits<double>::infinity();  ///< until the target
  double best = std::numeric_limits<double>::infinity();         ///< distance of the best value from the maximum
  };

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

std::unique_ptr<Sampler> make_sampler(const std::string& spec, const SamplerContext& context) {
  const auto parts = split(spec, ',');
  std::vector<Config::Item> items{{"type", Config(parts[0]), {}}};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto pair = split(parts[i], '=');
    std::vector<Config> ends;
    for (const std::string& end : split(pair.at(1), '~')) ends.emplace_back(end);
    items.push_back({pair[0], ends.size() > 1 ? Config::list(ends) : ends[0], {}});
  }
  Faults faults;
  auto sampler = SamplerRegistry::instance().make(Config::map(items), faults, context);
  faults.throw_if_any("bench");
  return sampler;
}

Reach run_sampler(const std::string& spec, Function& function, std::uint64_t seed, std::uint64_t max, double target) {
  const auto sampler = make_sampler(spec, {function.dim(), {}, seed, max});
  Reach reach;
  Outcome o;
  for (std::uint64_t told = 0; told < max && !sampler->done();) {
    const auto tasks = sampler->ask(1);
    if (tasks.empty()) break;
    const auto u = doubles(tasks[0].payload);
    o.id = tasks[0].id;
    o.values.assign(u.begin(), u.end());
    o.values.push_back(0.0);
    o.status = function.evaluate(u, o.values.back());
    sampler->tell(o);
    ++told;
    if (o.status == Status::ok) reach.best = std::min(reach.best, function.best - o.values.back());
    if (reach.best <= target) {
      reach.evaluations = static_cast<double>(told);
      break;
    }
  }
  return reach;
}

double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Seconds of processor time of ask and tell for each of `parts` equal parts of a run, per evaluation.
std::vector<double> own_cost(const std::string& spec, std::size_t evaluations, int parts) {
  const auto sampler = make_sampler(spec, {19, {}, 1, evaluations * static_cast<std::size_t>(parts)});
  std::vector<double> costs;
  std::vector<Outcome> outcomes;
  for (int part = 0; part < parts; ++part) {
    double seconds = 0;
    std::size_t told = 0;
    while (told < evaluations && !sampler->done()) {
      const double start = processor_seconds();
      const auto tasks = sampler->ask(64);
      const double asked = processor_seconds();
      outcomes.resize(tasks.size());
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        const auto u = doubles(tasks[i].payload);
        double square = 0;
        for (double x : u) square += (x - 0.3) * (x - 0.3);
        outcomes[i].id = tasks[i].id;
        outcomes[i].values.assign(u.begin(), u.end());
        outcomes[i].values.push_back(-square + 0.1 * std::cos(20 * square));
      }
      const double tell = processor_seconds();
      for (const Outcome& o : outcomes) sampler->tell(o);
      seconds += asked - start + processor_seconds() - tell;
      told += tasks.size();
    }
    costs.push_back(seconds / static_cast<double>(std::max<std::size_t>(1, told)));
  }
  return costs;
}

/// Busy share of ranks in virtual time: each task lasts exp(normal), a free rank asks for one. Sum of durations over ranks x time of dispatch.
double busy_share(const std::string& spec, std::size_t ranks, TaskId stop) {
  const auto sampler = make_sampler(spec, {19, {}, 1, stop});
  using Running = std::pair<double, Outcome>;
  const auto later = [](const Running& a, const Running& b) { return a.first > b.first; };
  std::priority_queue<Running, std::vector<Running>, decltype(later)> running(later);
  double now = 0, busy = 0;
  for (TaskId dispatched = 0; dispatched < stop;) {
    if (running.size() < ranks)
      for (const Task& t : sampler->ask(ranks - running.size())) {
        RandomStream stream(1, Purpose::virtual_time, t.id);
        const double duration = std::exp(stream.normal());
        const auto u = doubles(t.payload);
        Outcome o;
        o.id = t.id;
        o.values.assign(u.begin(), u.end());
        double square = 0;
        for (double x : u) square += (x - 0.3) * (x - 0.3);
        o.values.push_back(-square);
        running.push({now + duration, std::move(o)});
        busy += duration;
        ++dispatched;
      }
    if (running.empty() || dispatched >= stop) break;
    now = running.top().first;
    sampler->tell(running.top().second);
    running.pop();
  }
  return busy / (static_cast<double>(ranks) * now);
}

#ifdef UMBRA_HAVE_PAGMO
struct Reached {};
struct PagmoProblem {
  Function* function = nullptr;
  Reach* reach = nullptr;
  double* told = nullptr;
  double target = 0, max = 0;
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(function ? function->dim() : 1, 0.0), pagmo::vector_double(function ? function->dim() : 1, 1.0)};
  }
  pagmo::vector_double fitness(const pagmo::vector_double& u) const {
    double log_likelihood = 0;
    const bool ok = function->evaluate(u, log_likelihood) == Status::ok;
    ++*told;
    if (ok) reach->best = std::min(reach->best, function->best - log_likelihood);
    if (reach->best <= target) {
      reach->evaluations = *told;
      throw Reached{};
    }
    if (*told >= max) throw Reached{};
    return {ok && std::isfinite(log_likelihood) ? -log_likelihood : 1e30};  // pagmo knows no failures
  }
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

pagmo::algorithm pagmo_algorithm(const std::string& name, unsigned generations, unsigned seed) {
  if (name == "pso") return pagmo::algorithm(pagmo::pso(generations, 0.7298, 2.05, 2.05, 0.5, 5, 2, 4, false, seed));
  if (name == "sga") return pagmo::algorithm(pagmo::sga(generations, 0.9, 1.0, 0.02, 1.0, 2, "exponential", "polynomial", "tournament", seed));
  if (name == "sga_sbx") return pagmo::algorithm(pagmo::sga(generations, 0.9, 1.0, 0.02, 1.0, 2, "sbx", "polynomial", "tournament", seed));
  if (name == "de") return pagmo::algorithm(pagmo::de(generations, 0.8, 0.9, 2, 1e-30, 1e-30, seed));
  if (name == "sade") return pagmo::algorithm(pagmo::sade(generations, 2, 1, 1e-30, 1e-30, false, seed));
  if (name == "de1220") return pagmo::algorithm(pagmo::de1220(generations, {2, 3, 7, 10, 13, 14, 15, 16}, 1, 1e-30, 1e-30, false, seed));
  if (name == "cmaes") return pagmo::algorithm(pagmo::cmaes(generations, -1, -1, -1, -1, 0.5, 1e-30, 1e-30, false, true, seed));
  if (name == "bee_colony") return pagmo::algorithm(pagmo::bee_colony(generations, 20, seed));
  if (name == "gwo") return pagmo::algorithm(pagmo::gwo(std::max(3u, generations), seed));
  throw UserError("unknown pagmo algorithm " + name);
}

Reach run_pagmo(const std::string& name, Function& function, std::uint64_t seed, std::uint64_t max, double target, unsigned population) {
  Reach reach;
  double told = 0;
  try {
    pagmo::population p(pagmo::problem(PagmoProblem{&function, &reach, &told, target, static_cast<double>(max)}), population, static_cast<unsigned>(seed));
    pagmo_algorithm(name, static_cast<unsigned>(max / population + 1), static_cast<unsigned>(seed)).evolve(p);
  } catch (const Reached&) {
  }
  return reach;
}
#endif

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v.size() % 2 ? v[v.size() / 2] : 0.5 * (v[v.size() / 2 - 1] + v[v.size() / 2]);
}

}  // namespace

int main(int argc, char* argv[]) {
  std::map<std::string, std::string> options{{"functions", "af2,af3,af4,af2_rotated,af4_rotated"}, {"dim", "7"}, {"seeds", "20"}, {"max", "200000"}, {"target", "1e-3"}, {"best", "0"}, {"peers", ""}, {"cost", "0"}, {"ranks", "0"}, {"at", ""}};
  std::vector<std::string> specs;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto at = argument.find('=');
    if (at != std::string::npos && options.contains(argument.substr(0, at))) options[argument.substr(0, at)] = argument.substr(at + 1);
    else specs.push_back(argument);
  }
  const std::size_t dim = std::stoul(options["dim"]);
  const std::uint64_t seeds = std::stoul(options["seeds"]), max = std::stoul(options["max"]);
  const double target = std::stod(options["target"]);
  if (options["cost"] != "0") {
    fmt::print("own cost of ask and tell in 19 dimensions, us an evaluation, in three parts of 300,000 evaluations\n");
    for (const std::string& spec : specs) {
      fmt::print("{:<60}", spec);
      for (double c : own_cost(spec, 300000, 3)) fmt::print(" {:>8.3f}", 1e6 * c);
      fmt::print("\n");
    }
    return 0;
  }
  if (options["ranks"] != "0") {
    fmt::print("busy share, 19 dimensions, log-normal durations of sigma 1, {} evaluations, ranks {}\n", max, options["ranks"]);
    for (const std::string& spec : specs) {
      fmt::print("{:<60}", spec);
      for (const std::string& ranks : split(options["ranks"], ',')) fmt::print(" {:>6.3f}", busy_share(spec, std::stoul(ranks), max));
      fmt::print("\n");
    }
    return 0;
  }
  // at=N,N,...: the median distance of the best value from the maximum after so many evaluations of each function.
  const std::vector<std::string> at = split(options["at"], ',');
  const auto table = [&](const std::string& what, auto&& run) {
    fmt::print("{:<60}", what);
    std::size_t column = 0;
    for (const std::string& name : split(options["functions"], ',')) {
      Function function(name, dim, std::stod(options["best"]));
      std::vector<double> evaluations, best;
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Reach reach = at.empty() ? run(function, seed, max, target) : run(function, seed, std::stoul(at.at(column)), -std::numeric_limits<double>::infinity());
        evaluations.push_back(reach.evaluations);
        best.push_back(reach.best);
      }
      if (!at.empty()) {
        fmt::print(" {:>9.3g} @ {:>7}", median(best), at[column++]);
        std::fflush(stdout);
        continue;
      }
      const auto found = std::count_if(evaluations.begin(), evaluations.end(), [](double e) { return std::isfinite(e); });
      fmt::print(" {:>12} {:>2}/{}", found * 2 > static_cast<long>(seeds) ? fmt::format("{:.0f}", median(evaluations)) : fmt::format("({:.2g})", median(best)), found, seeds);
      std::fflush(stdout);
    }
    fmt::print("\n");
  };
  fmt::print("{:<60}", "median evaluations (best value) and successes");
  for (const std::string& name : split(options["functions"], ',')) fmt::print(" {:>18}", name);
  fmt::print("\n");
  for (const std::string& spec : specs) table(spec, [&](Function& f, std::uint64_t seed, std::uint64_t most, double goal) { return run_sampler(spec, f, seed, most, goal); });
#ifdef UMBRA_HAVE_PAGMO
  for (const std::string& peer : split(options["peers"], ',')) {
    const auto parts = split(peer, ':');
    const auto population = static_cast<unsigned>(std::stoul(parts.size() > 1 ? parts[1] : "20"));
    table("pagmo " + peer, [&](Function& f, std::uint64_t seed, std::uint64_t most, double goal) { return run_pagmo(parts[0], f, seed, most, goal, population); });
  }
#endif
}
