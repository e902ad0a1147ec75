// Busy share of whole campaigns on many simulated ranks: the one loop, in virtual time, with log-normal durations of mean 100 ms and sigma 1.
//   bench_scale [ranks = 512,4096] [evaluations of a rank = 100]
#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "bench/targets.h"
#include "jobs/executor.h"
#include "workflows/campaign.h"

using namespace umbra;

namespace {

constexpr std::size_t dim = 19;

/// A bowl: its maximum is easy, so that populations go through all their phases.
class Bowl final : public Work {
 public:
  void run(const Task& task, Outcome& o) override {
    const auto u = doubles(task.payload);
    o.values.assign(u.begin(), u.end());
    double sum = 0.0;
    for (const double x : u) sum -= 100.0 * (x - 0.3) * (x - 0.3);
    o.values.push_back(sum);
  }
};

struct Method {
  std::string name;
  std::string option;     ///< what is set beside the default, as a multiple of the ranks
  double per_rank = 0.0;
};

/// NaN where the sampler refuses the option.
double busy_share(const Method& method, int ranks, std::uint64_t evaluations) {
  Config config = Config::map({{"type", Config(method.name), {}}});
  if (!method.option.empty()) config.set(method.option, Config(std::to_string(static_cast<std::uint64_t>(method.per_rank * ranks))));
  Faults faults;
  const auto sampler = SamplerRegistry::instance().make(config, faults, {.dim = dim, .periodic = std::vector<bool>(dim, false), .seed = 1, .evaluations = evaluations});
  if (!sampler) return std::numeric_limits<double>::quiet_NaN();
  NoRows rows;
  NoRecorder recorder;
  Ledger ledger(LedgerRules{.evaluations = evaluations});
  const auto executor = make_virtual_executor([] { return std::make_unique<Bowl>(); }, rows, {.ranks = ranks, .mean_s = 0.1, .sigma = 1.0, .latency_s = 1e-4});
  Campaign(*sampler, *executor, ledger, recorder).run();
  return executor->statistics().busy_share(ranks);
}

std::vector<int> numbers(const std::string& list) {
  std::vector<int> all;
  std::istringstream in(list);
  for (std::string one; std::getline(in, one, ',');) all.push_back(std::stoi(one));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<int> ranks = numbers(argc > 1 ? argv[1] : "512,4096");
  const std::uint64_t each = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100;
  const std::vector<Method> methods = {{"random", ""},
                                       {"sobol", ""},
                                       {"differential_evolution", ""},
                                       {"differential_evolution", "look_ahead", 16},
                                       {"differential_evolution", "look_ahead", 32},
                                       {"differential_evolution", "look_ahead", 64},
                                       {"differential_evolution", "population", 6},
                                       {"differential_evolution", "population", 24},
                                       {"particle_swarm", ""},
                                       {"particle_swarm", "look_ahead", 16},
                                       {"particle_swarm", "look_ahead", 32},
                                       {"particle_swarm", "look_ahead", 64},
                                       {"particle_swarm", "particles", 6},
                                       {"particle_swarm", "particles", 24},
                                       {"genetic", ""},
                                       {"genetic", "look_ahead", 16},
                                       {"genetic", "look_ahead", 32},
                                       {"genetic", "look_ahead", 64},
                                       {"genetic", "population", 6},
                                       {"genetic", "population", 24},
                                       {"bee_colony", ""},
                                       {"bee_colony", "look_ahead", 16},
                                       {"bee_colony", "look_ahead", 32},
                                       {"bee_colony", "look_ahead", 64},
                                       {"bee_colony", "sources", 6},
                                       {"bee_colony", "sources", 24},
                                       {"grey_wolf", ""},
                                       {"grey_wolf", "look_ahead", 16},
                                       {"grey_wolf", "look_ahead", 32},
                                       {"grey_wolf", "look_ahead", 64},
                                       {"grey_wolf", "wolves", 6},
                                       {"grey_wolf", "wolves", 24}};
  bench::Targets targets;
  for (const Method& m : methods) {
    fmt::print("{:<24}{:<22}", m.name, m.option.empty() ? "" : fmt::format("{}: {} x ranks", m.option, m.per_rank));
    for (const int r : ranks) {
      const double share = busy_share(m, r, each * static_cast<std::uint64_t>(r));
      fmt::print("  {} ranks {:.3f}{}", r, share, m.name == "random" ? " " + targets.at_least(share, 0.95) : "");
      std::fflush(stdout);
    }
    fmt::print("\n");
  }
  return targets.exit_code();
}
