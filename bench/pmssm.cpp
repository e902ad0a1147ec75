// Time of one point of the embedded pMSSM on one core, over points drawn uniformly from a wide box.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "bench/targets.h"
#include "src/models/evaluator.h"
#include "src/models/pmssm/parameters.h"

namespace {

double microseconds_a_point = 0.0;

void pmssm_point(benchmark::State& state) {
  umbra::ModelContext context;
  for (const auto& p : umbra::pmssm::parameter_names) context.parameters.emplace_back(p.name);
  umbra::Config config;
  config.set("type", umbra::Config("pmssm"));
  umbra::Faults faults;
  const auto model = umbra::ModelRegistry::instance().make(config, faults, context);
  if (!model) std::abort();

  constexpr int num_points = 2000;
  std::vector<std::vector<double>> points;
  for (int i = 0; i < num_points; ++i) {
    umbra::RandomStream stream(1, umbra::Purpose::test, i);
    auto& theta = points.emplace_back();
    for (const std::string& name : context.parameters)
      theta.push_back(name == "tanb"                                 ? stream.uniform(1, 60)
                      : name[0] == 'A'                               ? stream.uniform(-4000, 4000)
                      : name == "M1" || name == "M2" || name == "mu" ? stream.uniform(-4000, 4000)
                                                                     : stream.uniform(200, 4000));
  }
  std::vector<double> row(model->columns().size());
  umbra::RandomStream stream(1, umbra::Purpose::evaluate, 0);
  std::size_t i = 0, physical = 0;
  const std::clock_t start = std::clock();
  for (auto _ : state) {
    physical += model->evaluate(points[i++ % num_points], stream, row).status == umbra::Status::ok;
    benchmark::DoNotOptimize(row.data());
  }
  microseconds_a_point = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / static_cast<double>(state.iterations());  // the last run is the longest
  state.counters["physical"] = static_cast<double>(physical) / static_cast<double>(state.iterations());
}
BENCHMARK(pmssm_point)->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  umbra::bench::Targets targets;
  fmt::print("microseconds of processor time a point: {:.2f} {}\n", microseconds_a_point, targets.at_most(microseconds_a_point, 20));
  return targets.exit_code();
}
