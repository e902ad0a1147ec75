// Prints the table of ln Z against exact values (DESIGN: samplers): bias, rms, claimed error, calls, cost of an evaluation, insertion test.
//   evidence [problem=all] [seeds=20] [first_seed=1] [key=value ...options of the sampler]
//   evidence ranks [problem=shells-5] [ranks=64] [seeds=5]   wall time without look-ahead on one rank over that on many, in virtual time
// A problem is name-dim, for instance shells-5, with an inner sampler after a colon where wanted: shells-10:slice.

#include <ctime>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numbers>
#include <queue>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/samplers/sampler.h"

using namespace umbra;

namespace {
using U = std::span<const double>;

double eggbox(U u) {
  const double scale = 5.0 * std::numbers::pi;
  return std::pow(2.0 + std::cos(scale * u[0]) * std::cos(scale * u[1]), 5.0);
}
double shells(U u) {
  double common = 0.0;
  for (std::size_t i = 1; i < u.size(); ++i) common += std::pow(12.0 * u[i] - 6.0, 2);
  const double x = 12.0 * u[0] - 6.0, w = 0.1;
  const double a = std::pow((std::sqrt(common + (x - 3.5) * (x - 3.5)) - 2.0) / w, 2), b = std::pow((std::sqrt(common + (x + 3.5) * (x + 3.5)) - 2.0) / w, 2);
  return -0.5 * std::min(a, b) + std::log1p(std::exp(-0.5 * std::abs(a - b))) - std::log(w * std::sqrt(2.0 * std::numbers::pi));
}
double rosenbrock(U u) {
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < u.size(); ++i) {
    const double x = 10.0 * u[i] - 5.0, y = 10.0 * u[i + 1] - 5.0;
    sum += 100.0 * (y - x * x) * (y - x * x) + (1.0 - x) * (1.0 - x);
  }
  return -sum;
}
double equicorrelated(U u) {
  const double n = static_cast<double>(u.size()), rho = 0.5, sigma = 0.02;
  double sum = 0.0, square = 0.0;
  for (const double v : u) sum += (v - 0.5) / sigma, square += std::pow((v - 0.5) / sigma, 2);
  const double chi2 = (square - rho * sum * sum / (1.0 + (n - 1.0) * rho)) / (1.0 - rho);
  const double log_det = (n - 1.0) * std::log(1.0 - rho) + std::log(1.0 + (n - 1.0) * rho) + 2.0 * n * std::log(sigma);
  return -0.5 * (chi2 + log_det + n * std::log(2.0 * std::numbers::pi));
}

struct Problem {
  std::string name;
  std::size_t dim;
  double (*log_likelihood)(U);
  double ln_evidence;
};
// Exact values by quadrature and by a grid-stable transfer operator.
const std::vector<Problem> problems = {{"eggbox", 2, eggbox, 235.85594},       {"shells", 2, shells, -1.746},          {"shells", 5, shells, -5.674},
                                       {"shells", 10, shells, -14.590},        {"shells", 19, shells, -33.797},        {"rosenbrock", 2, rosenbrock, -5.8041},
                                       {"rosenbrock", 5, rosenbrock, -19.7324}, {"rosenbrock", 10, rosenbrock, -43.1084}, {"rosenbrock", 19, rosenbrock, -85.5442},
                                       {"equicorrelated", 10, equicorrelated, 0.0}, {"equicorrelated", 19, equicorrelated, 0.0}};

struct Sums {
  double n = 0, pull = 0, pull2 = 0;
};

double number(const SamplerResult& r, const std::string& name) {
  for (const auto& [key, value] : r.numbers)
    if (key == name) return value;
  return std::nan("");
}

/// Processor time: others may share the machine.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void row(const Problem& problem, const std::string& inner, int seeds, int first, const std::vector<Config::Item>& options, Sums& pooled) {
  double bias = 0, square = 0, claimed = 0, pull = 0, pull2 = 0, own = 0, least_p = 1, evaluations = 0, low_p = 0;
  std::vector<double> calls;
  for (int s = first; s < first + seeds; ++s) {
    std::vector<Config::Item> items{{"type", Config("nested"), {}}};
    items.insert(items.end(), options.begin(), options.end());
    if (!inner.empty()) items.push_back({"inner", Config(inner), {}});
    Faults faults;
    const auto sampler =
        SamplerRegistry::instance().make(Config::map(items), faults, {problem.dim, std::vector<bool>(problem.dim, false), static_cast<std::uint64_t>(s)});
    faults.throw_if_any("options");
    double evaluating = 0.0;
    const double begin = seconds();
    std::vector<Outcome> outcomes;
    while (!sampler->done()) {
      const std::vector<Task> tasks = sampler->ask(64);
      const double before = seconds();
      outcomes.resize(tasks.size());
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        const auto u = doubles(tasks[i].payload);
        outcomes[i].id = tasks[i].id;
        outcomes[i].values.assign(u.begin(), u.end());
        outcomes[i].values.push_back(problem.log_likelihood(u));
      }
      evaluating += seconds() - before;
      for (const Outcome& outcome : outcomes) sampler->tell(outcome);
    }
    own += seconds() - begin - evaluating;
    const SamplerResult r = sampler->result();
    const double difference = number(r, "ln_evidence") - problem.ln_evidence, error = number(r, "ln_evidence_error");
    bias += difference;
    square += difference * difference;
    claimed += error;
    pull += difference / error;
    pull2 += difference * difference / error / error;
    least_p = std::min(least_p, number(r, "insertion_p_value"));
    low_p += number(r, "insertion_p_value") < 0.05;
    calls.push_back(static_cast<double>(sampler->end()));
    evaluations += calls.back();
  }
  std::sort(calls.begin(), calls.end());
  const double n = seeds, median = calls[calls.size() / 2], rms2 = square / n;
  pooled.n += n, pooled.pull += pull, pooled.pull2 += pull2;
  const double width = std::sqrt(std::max(0.0, pull2 / n - pull * pull / n / n) * n / std::max(1.0, n - 1.0));
  std::printf("| %s %zu-D %s | %+.3f | %.3f | %.3f | %+.2f +- %.2f | %.2f | %.0f | %.0f | %.1f us | %.3f, %.0f of %d below .05 |\n", problem.name.c_str(), problem.dim,
              inner.c_str(), bias / n, std::sqrt(rms2), claimed / n, pull / n, width / std::sqrt(n), width, median, median * rms2, 1e6 * own / evaluations, least_p, low_p, seeds);
  std::fflush(stdout);
}
/// Wall time until the sampler stops, on so many ranks, and its number of evaluations. Mean duration 1; sigma of its logarithm.
std::pair<double, double> virtual_time(const Problem& problem, const std::vector<Config::Item>& options, std::uint64_t seed, std::size_t ranks, double sigma) {
  std::vector<Config::Item> items{{"type", Config("nested"), {}}};
  items.insert(items.end(), options.begin(), options.end());
  Faults faults;
  const auto sampler = SamplerRegistry::instance().make(Config::map(items), faults, {problem.dim, std::vector<bool>(problem.dim, false), seed});
  faults.throw_if_any("options");
  using Finish = std::pair<double, TaskId>;
  std::priority_queue<Finish, std::vector<Finish>, std::greater<>> running;
  std::map<TaskId, Task> tasks;
  double now = 0.0;
  while (!sampler->done()) {
    while (running.size() < ranks) {
      auto asked = sampler->ask(1);
      if (asked.empty()) break;
      RandomStream stream(seed, Purpose::virtual_time, asked[0].id);
      running.emplace(now + std::exp(sigma * stream.normal() - 0.5 * sigma * sigma), asked[0].id);
      tasks.emplace(asked[0].id, std::move(asked[0]));
    }
    now = running.top().first;
    const auto task = tasks.extract(running.top().second);
    running.pop();
    const auto u = doubles(task.mapped().payload);
    Outcome outcome;
    outcome.id = task.key();
    outcome.values.assign(u.begin(), u.end());
    outcome.values.push_back(problem.log_likelihood(u));
    sampler->tell(outcome);
  }
  return {now, static_cast<double>(sampler->end())};
}

void print_ranks(const Problem& problem, std::size_t ranks, int seeds) {
  std::printf("%s %zu-D, %zu ranks, %d seeds\n| inner | look_ahead | duration | evaluations / those of 1 rank | speed-up |\n|---|---|---|---|---|\n", problem.name.c_str(), problem.dim, ranks, seeds);
  for (const char* inner : {"regions", "slice"}) {
    double single = 0.0;
    for (int s = 1; s <= seeds; ++s) single += virtual_time(problem, {{"inner", Config(inner), {}}, {"look_ahead", Config("1"), {}}}, static_cast<std::uint64_t>(s), 1, 0.0).first;
    for (const std::size_t look_ahead : {ranks, 2 * ranks, 4 * ranks, 8 * ranks})
      for (const double sigma : {0.0, 1.0}) {
        double time = 0.0, calls = 0.0;
        for (int s = 1; s <= seeds; ++s) {
          const auto [t, n] = virtual_time(problem, {{"inner", Config(inner), {}}, {"look_ahead", Config(std::to_string(look_ahead)), {}}}, static_cast<std::uint64_t>(s), ranks, sigma);
          time += t, calls += n;
        }
        std::printf("| %s | %zu | %s | %.2f | %.1f |\n", inner, look_ahead, sigma == 0.0 ? "constant" : "log-normal, sigma 1", calls / single, single / time);
        std::fflush(stdout);
      }
  }
}
}  // namespace

int main(int argc, char* argv[]) {
  std::string which = argc > 1 ? argv[1] : "all", inner;
  if (which == "ranks") {
    const std::string name = argc > 2 ? argv[2] : "shells-5";
    for (const Problem& p : problems)
      if (p.name + "-" + std::to_string(p.dim) == name) print_ranks(p, argc > 3 ? std::stoul(argv[3]) : 64, argc > 4 ? std::atoi(argv[4]) : 5);
    return 0;
  }
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 20, first = argc > 3 ? std::atoi(argv[3]) : 1;
  if (const auto colon = which.find(':'); colon != std::string::npos) inner = which.substr(colon + 1), which.resize(colon);
  std::vector<Config::Item> options;
  for (int i = 4; i < argc; ++i) {
    const std::string text = argv[i];
    const auto equal = text.find('=');
    if (equal != std::string::npos) options.push_back({text.substr(0, equal), Config(text.substr(equal + 1)), {}});
  }
  std::printf("| problem | bias | rms | claimed | pull | its width | calls (median) | calls x rms^2 | own cost | insertion test: least p |\n|---|---|---|---|---|---|---|---|---|---|\n");
  Sums pooled;
  for (const Problem& p : problems)
    if (which == "all" || which == p.name || which == p.name + "-" + std::to_string(p.dim)) row(p, inner, seeds, first, options, pooled);
  if (pooled.n > 1) {
    const double mean = pooled.pull / pooled.n;
    std::printf("pooled pulls: %.0f, mean %+.2f, width %.2f\n", pooled.n, mean, std::sqrt(pooled.pull2 / pooled.n - mean * mean));
  }
}
