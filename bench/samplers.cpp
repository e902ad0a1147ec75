// Evaluations that each optimiser needs to reach 1e-3 of the optimum, its own cost, and the same for pagmo's algorithms.
//   bench_samplers [functions=af2,af4] [dim=7] [seeds=20] [max=200000] [target=1e-3] [peers=1] sampler[,option=value...] ...
// See bench/README.md for the tables and the commands that made them.

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
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
#include "src/samplers/sampler.h"

using namespace umbra;

namespace {

using Point = std::span<const double>;

/// To be minimised on [low, high]^n; the minimum is `best`.
struct Function {
  double low, high, best;
  std::function<double(Point)> f;
};

double af1(Point x) {
  double tenth = 0, square = 0, product = 1;
  for (double v : x) {
    const double d = v - 2, c = std::cos(d);
    tenth += std::pow(d / 15, 10);
    square += d * d;
    product *= c * c;
  }
  return std::exp(-tenth) - 2 * std::exp(-square) * product;
}
double af2(Point x) {
  double sum = 0;
  for (double v : x) sum += (v + 0.23) * (v + 0.23) - 10 * std::cos(2 * std::numbers::pi * (v + 0.23)) + 10;
  return sum;
}
double af3(Point x) {
  double sum = 0;
  for (double v : x) sum += std::pow(std::sin(5 * std::numbers::pi * (std::pow(v, 0.75) - 0.05)), 6);
  return -sum / static_cast<double>(x.size());
}
double af4(Point x) {
  double sum = 0;
  for (double v : x) {
    const double in = std::clamp(v, -500.0, 500.0);
    sum += 418.9828872724 - in * std::sin(std::sqrt(std::abs(in))) + 1e-3 * (v - in) * (v - in);
  }
  return sum;
}
double rosenbrock(Point x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  return sum;
}
double ellipsoid(Point x) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(1e6, static_cast<double>(i) / (static_cast<double>(x.size()) - 1)) * x[i] * x[i];
  return sum;
}
double ackley(Point x) {
  double square = 0, cosine = 0;
  for (double v : x) {
    square += v * v;
    cosine += std::cos(2 * std::numbers::pi * v);
  }
  const auto n = static_cast<double>(x.size());
  return 20 + std::numbers::e - 20 * std::exp(-0.2 * std::sqrt(square / n)) - std::exp(cosine / n);
}
double griewank(Point x) {
  double square = 0, product = 1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    square += x[i] * x[i];
    product *= std::cos(x[i] / std::sqrt(static_cast<double>(i + 1)));
  }
  return 1 + square / 4000 - product;
}

std::function<double(Point)> rotated(std::function<double(Point)> f, double centre, std::size_t n, std::uint64_t seed = 1) {
  RandomStream stream(seed, Purpose::rotate, n);
  Eigen::MatrixXd normal(n, n);
  for (Eigen::Index i = 0; i < normal.size(); ++i) normal(i) = stream.normal();
  const Eigen::MatrixXd r = Eigen::HouseholderQR<Eigen::MatrixXd>(normal).householderQ();
  return [=](Point x) {
    std::vector<double> y(n, centre);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) y[i] += r(i, j) * (x[j] - centre);
    return f(y);
  };
}

Function make_function(const std::string& name, std::size_t n) {
  if (name == "af1") return {-30, 30, -1, af1};
  if (name == "af2") return {-7, 7, 0, af2};
  if (name == "af3") return {0, 1, -1, af3};
  if (name == "af4") return {-500, 500, af4(std::vector<double>(n, 420.968746)), af4};
  if (name == "af2_rotated") return {-7, 7, 0, rotated(af2, -0.23, n)};
  if (name == "af4_rotated") return {-500, 500, af4(std::vector<double>(n, 420.968746)), rotated(af4, 420.968746, n)};
  if (name == "af2_rotated2") return {-7, 7, 0, rotated(af2, -0.23, n, 2)};
  if (name == "af4_rotated2") return {-500, 500, af4(std::vector<double>(n, 420.968746)), rotated(af4, 420.968746, n, 2)};
  if (name == "rosenbrock") return {-5, 5, 0, rosenbrock};
  if (name == "ellipsoid_rotated") return {-5, 3, 0, rotated(ellipsoid, 0, n)};
  if (name == "ackley") return {-20, 35, 0, rotated(ackley, 0, n)};
  if (name == "griewank") return {-100, 150, 0, rotated(griewank, 0, n)};
  throw UserError("unknown function " + name);
}

struct Reach {
  double evaluations = std::numeric_limits<double>::infinity();  ///< until the target
  double best = std::numeric_limits<double>::infinity();
  double own_us = 0;  ///< own cost per evaluation
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

Reach run_sampler(const std::string& spec, const Function& function, std::size_t dim, std::uint64_t seed, std::uint64_t max, double target) {
  const auto parts = split(spec, ',');
  std::vector<Config::Item> items{{"type", Config(parts[0]), {}}};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto pair = split(parts[i], '=');
    Config value(pair.at(1));
    if (pair[1].find('~') != std::string::npos) {
      const auto ends = split(pair[1], '~');
      value = Config::list({Config(ends[0]), Config(ends[1])});
    }
    items.push_back({pair[0], value, {}});
  }
  Faults faults;
  const auto sampler = SamplerRegistry::instance().make(Config::map(items), faults, SamplerContext{dim, {}, seed, max});
  faults.throw_if_any("bench");
  Reach reach;
  std::vector<double> x(dim);
  std::uint64_t told = 0;
  while (told < max && !sampler->done()) {
    const auto tasks = sampler->ask(1);
    if (tasks.empty()) break;
    for (const Task& t : tasks) {
      const auto u = doubles(t.payload);
      for (std::size_t d = 0; d < dim; ++d) x[d] = function.low + (function.high - function.low) * u[d];
      const double f = function.f(x);
      Outcome o;
      o.id = t.id;
      o.values.assign(u.begin(), u.end());
      o.values.push_back(-f);
      sampler->tell(o);
      ++told;
      reach.best = std::min(reach.best, f - function.best);
      if (reach.best <= target) {
        reach.evaluations = static_cast<double>(told);
        return reach;
      }
    }
  }
  return reach;
}

#ifdef UMBRA_HAVE_PAGMO
struct Reached {};
struct PagmoProblem {
  const Function* function = nullptr;
  std::size_t dim = 1;
  Reach* reach = nullptr;
  double* told = nullptr;
  double target = 0, max = 0;
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const { return {pagmo::vector_double(dim, function->low), pagmo::vector_double(dim, function->high)}; }
  pagmo::vector_double fitness(const pagmo::vector_double& x) const {
    const double f = function->f(x);
    ++*told;
    reach->best = std::min(reach->best, f - function->best);
    if (reach->best <= target) {
      reach->evaluations = *told;
      throw Reached{};
    }
    if (*told >= max) throw Reached{};
    return {f};
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

Reach run_pagmo(const std::string& name, const Function& function, std::size_t dim, std::uint64_t seed, std::uint64_t max, double target, unsigned population) {
  Reach reach;
  double told = 0;
  try {
    pagmo::population p(pagmo::problem(PagmoProblem{&function, dim, &reach, &told, target, static_cast<double>(max)}), population, static_cast<unsigned>(seed));
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
  std::map<std::string, std::string> options{{"functions", "af2,af3,af4,af2_rotated,af4_rotated"}, {"dim", "7"}, {"seeds", "20"}, {"max", "200000"}, {"target", "1e-3"}, {"peers", ""}};
  std::vector<std::string> specs;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto at = argument.find('=');
    if (at != std::string::npos && argument.find(',') > at && options.contains(argument.substr(0, at))) options[argument.substr(0, at)] = argument.substr(at + 1);
    else specs.push_back(argument);
  }
  const std::size_t dim = std::stoul(options["dim"]);
  const std::uint64_t seeds = std::stoul(options["seeds"]), max = std::stoul(options["max"]);
  const double target = std::stod(options["target"]);
  const auto table = [&](const std::string& what, auto&& run) {
    fmt::print("{:<60}", what);
    for (const std::string& name : split(options["functions"], ',')) {
      const Function function = make_function(name, dim);
      std::vector<double> evaluations, best;
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Reach reach = run(function, seed);
        evaluations.push_back(reach.evaluations);
        best.push_back(reach.best);
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
  for (const std::string& spec : specs) table(spec, [&](const Function& f, std::uint64_t seed) { return run_sampler(spec, f, dim, seed, max, target); });
#ifdef UMBRA_HAVE_PAGMO
  for (const std::string& peer : split(options["peers"], ',')) {
    const auto parts = split(peer, ':');
    const auto population = static_cast<unsigned>(std::stoul(parts.size() > 1 ? parts[1] : "20"));
    table("pagmo " + peer, [&](const Function& f, std::uint64_t seed) { return run_pagmo(parts[0], f, dim, seed, max, target, population); });
  }
#endif
}
