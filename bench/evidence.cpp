// Prints the table of ln Z against exact values (DESIGN: samplers): bias, rms, claimed error, calls, cost of an evaluation, insertion test.
//   evidence [problem=all] [seeds=20] [first_seed=1] [key=value ...options of the sampler]
//   evidence runs [problem=all] ...        one line a run instead, for `evidence table < LINES`: the parts of a table may run apart
//   evidence ranks [problem=shells-5] [ranks=64] [seeds=20]   wall time without look-ahead on one rank over that on many, in virtual time
//   evidence chains [problem=equicorrelated-10] [seeds=20] [most=2000000]   Markov chains: evaluations until they stop by themselves, and what an effective sample costs
// A problem is name-dim, for instance shells-5, with an inner sampler after a colon where wanted: shells-10:slice.

#include <ctime>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numbers>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

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
  double region_limit, slice_limit;  ///< calls x rms^2 of MultiNest 3.10 (500 live points) and a third of PolyChord's 1.22; 0: not measured
};
// Exact values by quadrature and by a grid-stable transfer operator. The limit for the normal in 19 dimensions is from one run of PolyChord and the error that it claims.
const std::vector<Problem> problems = {{"eggbox", 2, eggbox, 235.85594, 327, 0},
                                       {"shells", 2, shells, -1.746, 53, 0},
                                       {"shells", 5, shells, -5.674, 200, 0},
                                       {"shells", 10, shells, -14.590, 1032, 24005},
                                       {"shells", 19, shells, -33.797, 0, 0},
                                       {"rosenbrock", 2, rosenbrock, -5.8041, 0, 0},
                                       {"rosenbrock", 5, rosenbrock, -19.7324, 2457, 43493},
                                       {"rosenbrock", 10, rosenbrock, -43.1084, 0, 0},
                                       {"rosenbrock", 19, rosenbrock, -85.5442, 0, 0},
                                       {"equicorrelated", 10, equicorrelated, 0.0, 3451, 49882},
                                       {"equicorrelated", 19, equicorrelated, 0.0, 0, 506811}};

/// One run against the exact value.
struct Run {
  std::string problem;  ///< name-dim, with :inner where it was asked for
  std::uint64_t seed = 0;
  double ln_evidence = 0, error = 0, calls = 0, own_us = 0, insertion_p = 0, jump = 0;
  int warnings = 0;
};

double number(const SamplerResult& r, const std::string& name) {
  for (const auto& [key, value] : r.numbers)
    if (key == name) return value;
  return std::nan("");
}

/// Processor time: others may share the machine.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Run run(const Problem& problem, const std::string& name, const std::string& inner, std::uint64_t seed, const std::vector<Config::Item>& options) {
  std::vector<Config::Item> items{{"type", Config("nested"), {}}};
  items.insert(items.end(), options.begin(), options.end());
  if (!inner.empty()) items.push_back({"inner", Config(inner), {}});
  Faults faults;
  const auto sampler = SamplerRegistry::instance().make(Config::map(items), faults, {problem.dim, std::vector<bool>(problem.dim, false), seed});
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
  const double own = seconds() - begin - evaluating, calls = static_cast<double>(sampler->end());
  const SamplerResult r = sampler->result();
  return {name, seed, number(r, "ln_evidence"), number(r, "ln_evidence_error"), calls, 1e6 * own / calls, number(r, "insertion_p_value"), number(r, "jump_rank"),
          static_cast<int>(r.warnings.size())};
}

const Problem* find_problem(const std::string& name) {
  for (const Problem& p : problems)
    if (p.name + "-" + std::to_string(p.dim) == name.substr(0, name.find(':'))) return &p;
  return nullptr;
}

/// p-value of a Kolmogorov-Smirnov test of uniformity.
double flatness(std::vector<double> p) {
  std::sort(p.begin(), p.end());
  const double n = static_cast<double>(p.size());
  double distance = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) distance = std::max({distance, static_cast<double>(i + 1) / n - p[i], p[i] - static_cast<double>(i) / n});
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  if (lambda < 0.2) return 1.0;
  for (int k = 1; k <= 100; ++k) sum += (k % 2 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * lambda * lambda);
  return std::clamp(sum, 0.0, 1.0);
}

struct Moments {
  double n = 0, sum = 0, square = 0;
  void add(double x) { ++n, sum += x, square += x * x; }
  double mean() const { return sum / n; }
  double rms2() const { return square / n; }
  double width() const { return n < 2 ? 0.0 : std::sqrt(std::max(0.0, square / n - mean() * mean()) * n / (n - 1.0)); }
};

void print_table(const std::vector<Run>& runs) {
  std::printf(
      "| problem | runs | bias | rms | claimed | mean pull | width | calls (median) | calls x rms^2 | over its limit | own cost | insertion p: flat, least | jump rank | with warnings |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  std::vector<std::string> names;
  for (const Run& r : runs)
    if (std::find(names.begin(), names.end(), r.problem) == names.end()) names.push_back(r.problem);
  const auto place = [](const std::string& name) { return std::pair(name.find(':') != std::string::npos, find_problem(name)); };
  std::sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return std::pair(place(a), a) < std::pair(place(b), b); });
  Moments pooled;
  std::vector<double> pooled_p;
  bool all_within = true;
  for (const std::string& name : names) {
    const Problem& problem = *find_problem(name);
    const bool slices = problem.dim > 10 || name.ends_with(":slice");
    Moments difference, pull, claimed, own, jump;
    std::vector<double> calls, p;
    int warned = 0;
    for (const Run& r : runs) {
      if (r.problem != name) continue;
      const double d = r.ln_evidence - problem.ln_evidence;
      difference.add(d), pull.add(d / r.error), claimed.add(r.error), own.add(r.own_us), jump.add(r.jump);
      calls.push_back(r.calls), p.push_back(r.insertion_p);
      warned += r.warnings > 0;
      if (name.find(':') == std::string::npos) pooled.add(d / r.error), pooled_p.push_back(r.insertion_p);
    }
    std::sort(calls.begin(), calls.end());
    const double median = calls[calls.size() / 2], cost = median * difference.rms2(), limit = slices ? problem.slice_limit : problem.region_limit;
    const double error_of_mean = pull.width() / std::sqrt(pull.n);
    all_within &= std::abs(pull.mean()) < 3.0 * error_of_mean && pull.width() > 0.6 && pull.width() < 1.5;
    std::printf("| %s | %.0f | %+.3f | %.3f | %.3f | %+.2f +- %.2f | %.2f | %.0f | %.0f | %s | %.1f us | %.3f, %.3f | %.2f | %d |\n", name.c_str(), pull.n, difference.mean(),
                std::sqrt(difference.rms2()), claimed.mean(), pull.mean(), error_of_mean, pull.width(), median, cost,
                limit > 0.0 ? fmt::format("{:.2f}", cost / limit).c_str() : "-", own.mean(), flatness(p), *std::min_element(p.begin(), p.end()), jump.mean(), warned);
  }
  if (pooled.n > 1)
    std::printf("pooled: %.0f runs, mean pull %+.2f +- %.2f, width %.2f; insertion test flat with p = %.3f; each mean pull within 3 standard errors of 0 and width .6 to 1.5: %s\n", pooled.n,
                pooled.mean(), pooled.width() / std::sqrt(pooled.n), pooled.width(), flatness(pooled_p), all_within ? "yes" : "no");
}

/// A run in virtual time on so many ranks: wall time, evaluations and the error that was made. Mean duration 1; sigma of its logarithm.
struct Timed {
  double time, calls, difference;
};
Timed virtual_time(const Problem& problem, const char* inner, std::size_t look_ahead, std::uint64_t seed, std::size_t ranks, double sigma) {
  const std::vector<Config::Item> items{{"type", Config("nested"), {}}, {"inner", Config(inner), {}}, {"look_ahead", Config(std::to_string(look_ahead)), {}}};
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
  return {now, static_cast<double>(sampler->end()), number(sampler->result(), "ln_evidence") - problem.ln_evidence};
}

/// Speed-up as measured, and at equal rms: the time to a given rms goes as time x rms^2.
void print_ranks(const Problem& problem, const char* inner, std::size_t ranks, int seeds) {
  std::printf("%s %zu-D, %s, %zu ranks, %d seeds\n| look_ahead | duration | evaluations / those of 1 rank | rms (1 rank: that) | speed-up | at equal rms |\n|---|---|---|---|---|---|\n", problem.name.c_str(),
              problem.dim, inner, ranks, seeds);
  const auto campaign = [&](std::size_t look_ahead, std::size_t on, double sigma) {
    Moments time, calls, difference;
    for (int s = 1; s <= seeds; ++s) {
      const Timed t = virtual_time(problem, inner, look_ahead, static_cast<std::uint64_t>(s), on, sigma);
      time.add(t.time), calls.add(t.calls), difference.add(t.difference);
    }
    return std::tuple(time.mean(), calls.mean(), std::sqrt(difference.rms2()));
  };
  const auto [single_time, single_calls, single_rms] = campaign(1, 1, 0.0);
  // With this relative error each.
  const double relative = 1.0 / std::sqrt(2.0 * seeds);
  for (const std::size_t look_ahead : {ranks, 2 * ranks, 4 * ranks, 8 * ranks})
    for (const double sigma : {0.0, 1.0}) {
      const auto [time, calls, rms] = campaign(look_ahead, ranks, sigma);
      std::printf("| %zu | %s | %.2f | %.3f +- %.3f (%.3f +- %.3f) | %.1f | %.1f |\n", look_ahead, sigma == 0.0 ? "constant" : "log-normal, sigma 1", calls / single_calls, rms, relative * rms,
                  single_rms, relative * single_rms, single_time / time, single_time / time * std::pow(single_rms / rms, 2));
      std::fflush(stdout);
    }
}
/// Markov chains with their defaults on a problem that is symmetric about u = 1/2: evaluations for 1000 effective samples and R-hat 1.01, and the mean of the first coordinate against 1/2
/// in units of what the effective samples promise.
void print_chains(const Problem& problem, int seeds, TaskId most) {
  std::printf("%s %zu-D, %d seeds\n| sampler | ended as asked | evaluations (median) | for an effective sample | mean: width of its pulls |\n|---|---|---|---|---|\n", problem.name.c_str(), problem.dim, seeds);
  for (const char* type : {"metropolis", "ensemble_mcmc", "differential_mcmc", "parallel_tempering"}) {
    std::vector<double> evaluations, costs;
    Moments pull;
    int ended = 0;
    for (int s = 1; s <= seeds; ++s) {
      Faults faults;
      const auto sampler = SamplerRegistry::instance().make(Config::map({{"type", Config(type), {}}}), faults, {problem.dim, std::vector<bool>(problem.dim, false), static_cast<std::uint64_t>(s)});
      faults.throw_if_any("options");
      std::vector<double> first;  // coordinate of each task
      while (!sampler->done() && first.size() < most)
        for (const Task& task : sampler->ask(1)) {
          const auto u = doubles(task.payload);
          if (task.id >= first.size()) first.resize(task.id + 1);
          first[task.id] = u[0];
          Outcome outcome;
          outcome.id = task.id;
          outcome.values.assign(u.begin(), u.end());
          outcome.values.push_back(problem.log_likelihood(u));
          sampler->tell(outcome);
        }
      const SamplerResult r = sampler->result();
      const double samples = number(r, "effective_samples"), calls = static_cast<double>(first.size());
      ended += r.warnings.empty();
      evaluations.push_back(calls);
      costs.push_back(calls / samples);
      double mean = 0.0, square = 0.0;
      for (std::size_t i = 0; i < r.ids.size(); ++i) mean += std::exp(r.log_weight[i]) * first[r.ids[i]], square += std::exp(r.log_weight[i]) * first[r.ids[i]] * first[r.ids[i]];
      pull.add((mean - 0.5) / std::sqrt((square - mean * mean) / samples));
    }
    std::sort(evaluations.begin(), evaluations.end());
    std::sort(costs.begin(), costs.end());
    std::printf("| %s | %d | %.0f | %.0f | %.2f |\n", type, ended, evaluations[evaluations.size() / 2], costs[costs.size() / 2], std::sqrt(pull.rms2()));
    std::fflush(stdout);
  }
}
}  // namespace

int main(int argc, char* argv[]) {
  std::string which = argc > 1 ? argv[1] : "all", inner;
  if (which == "ranks") {
    const std::string name = argc > 2 ? argv[2] : "shells-5";
    const auto colon = name.find(':');
    inner = colon == std::string::npos ? "regions" : name.substr(colon + 1);
    if (const Problem* p = find_problem(name)) print_ranks(*p, inner.c_str(), argc > 3 ? std::stoul(argv[3]) : 64, argc > 4 ? std::atoi(argv[4]) : 20);
    return 0;
  }
  if (which == "chains") {
    if (const Problem* p = find_problem(argc > 2 ? argv[2] : "equicorrelated-10")) print_chains(*p, argc > 3 ? std::atoi(argv[3]) : 20, argc > 4 ? std::stoul(argv[4]) : 2000000);
    return 0;
  }
  std::vector<Run> runs;
  if (which == "table") {
    Run r;
    while (std::cin >> r.problem >> r.seed >> r.ln_evidence >> r.error >> r.calls >> r.own_us >> r.insertion_p >> r.jump >> r.warnings) runs.push_back(r);
    print_table(runs);
    return 0;
  }
  const bool lines = which == "runs";
  if (lines) --argc, ++argv;
  which = argc > 1 ? argv[1] : "all";
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 20, first = argc > 3 ? std::atoi(argv[3]) : 1;
  if (const auto colon = which.find(':'); colon != std::string::npos) inner = which.substr(colon + 1), which.resize(colon);
  std::vector<Config::Item> options;
  for (int i = 4; i < argc; ++i) {
    const std::string text = argv[i];
    const auto equal = text.find('=');
    if (equal != std::string::npos) options.push_back({text.substr(0, equal), Config(text.substr(equal + 1)), {}});
  }
  for (const Problem& p : problems) {
    const std::string name = p.name + "-" + std::to_string(p.dim);
    if (which != "all" && which != p.name && which != name) continue;
    for (int s = first; s < first + seeds; ++s) {
      runs.push_back(run(p, inner.empty() ? name : name + ":" + inner, inner, static_cast<std::uint64_t>(s), options));
      const Run& r = runs.back();
      if (!lines) continue;
      std::printf("%s %llu %.6f %.6f %.0f %.3f %.6g %.4f %d\n", r.problem.c_str(), static_cast<unsigned long long>(r.seed), r.ln_evidence, r.error, r.calls, r.own_us, r.insertion_p, r.jump,
                  r.warnings);
      std::fflush(stdout);
    }
  }
  if (!lines) print_table(runs);
}
