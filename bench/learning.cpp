// What learning costs: votes of a large forest, prediction one by one and in batches, training of a part.
//   bench_learning [--benchmark_filter=...]
// Gains over random sampling: bench/learning_gain.py.

#include <benchmark/benchmark.h>
#ifdef UMBRA_HAVE_XGBOOST
#include <xgboost/c_api.h>
#endif

#include <limits>
#include <memory>
#include <stdexcept>

#include "src/learning/candidates.h"
#include "src/learning/learning_tasks.h"
#include "src/learning/model.h"
#include "src/models/point.h"

using namespace umbra;

namespace {

constexpr std::size_t dim = 19;

struct Points {
  std::vector<float> x, y;
};

// The exclusion problem of the pMSSM.
const Points& training() {
  static const Points all = [] {
    Faults faults;
    Config job = Config::map({{"preset", "pmssm19", {}}, {"model", Config::map({{"type", "pmssm", {}}}), {}}, {"constraints", Config::list({Config::map({{"include", "exclusion", {}}})}), {}}});
    auto evaluator = PointEvaluator::read(job, faults);
    faults.throw_if_any("bench");
    Points p;
    std::vector<double> u(dim), row;
    for (std::uint64_t i = 0; p.y.size() < 50000; ++i) {
      RandomStream(1, Purpose::test, i).fill_uniform(u);
      RandomStream stream(1, Purpose::evaluate, i);
      if (evaluator->evaluate(u, stream, row).status != Status::ok) continue;
      p.x.insert(p.x.end(), u.begin(), u.end());
      p.y.push_back(row.back() > -4 ? 1.0f : 0.0f);
    }
    return p;
  }();
  return all;
}

std::unique_ptr<Committee> committee(std::vector<Config::Item> options) {
  Faults faults;
  auto c = CommitteeRegistry::instance().make(Config::map(std::move(options)), faults, CommitteeContext{dim, true, 1});
  faults.throw_if_any("bench");
  return c;
}

TrainingView first(std::size_t n) { return {dim, std::span(training().x).first(n * dim), std::span(training().y).first(n)}; }

// 200 full-grown trees on 50,000 points.
const VotersList& forest() {
  static const VotersList all = [] {
    const auto c = committee({{"type", "forest", {}}, {"trees", 200.0, {}}});
    VotersList list;
    for (std::size_t part = 0; part < c->parts(); ++part) list.push_back(c->fit(first(50000), part, 1));
    return list;
  }();
  return all;
}

void predict_batch(benchmark::State& state) {
  const VotersList& trees = forest();
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<float> x(n * dim), votes(n * count_votes(trees));
  RandomStream stream(2, Purpose::test, 0);
  for (auto _ : state) {
    state.PauseTiming();
    for (float& v : x) v = static_cast<float>(stream.uniform());
    state.ResumeTiming();
    predict_votes(trees, x, dim, votes);
    benchmark::DoNotOptimize(votes.data());
  }
  state.counters["s/point"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(predict_batch)->Arg(1)->Arg(1024)->Arg(16384)->Unit(benchmark::kMicrosecond);

#ifdef UMBRA_HAVE_XGBOOST
void check(int result) {
  if (result != 0) throw std::runtime_error(XGBGetLastError());
}

// The peer: XGBoost's own predictor of a forest like that, on one thread. It gives the mean alone.
BoosterHandle xgboost_forest() {
  static const BoosterHandle trained = [] {
    const TrainingView set = first(50000);
    DMatrixHandle data = nullptr;
    BoosterHandle booster = nullptr;
    check(XGDMatrixCreateFromMat_omp(set.x.data(), set.size(), dim, std::numeric_limits<float>::quiet_NaN(), &data, 1));
    check(XGDMatrixSetFloatInfo(data, "label", set.y.data(), set.size()));
    check(XGBoosterCreate(&data, 1, &booster));
    for (const auto& [name, value] : {std::pair{"tree_method", "hist"}, {"objective", "reg:squarederror"}, {"num_parallel_tree", "200"}, {"eta", "1"}, {"lambda", "0"}, {"min_child_weight", "1"},
                                      {"max_depth", "0"}, {"subsample", "0.632"}, {"colsample_bynode", "0.5"}, {"nthread", "1"}, {"verbosity", "0"}})
      check(XGBoosterSetParam(booster, name, value));
    check(XGBoosterUpdateOneIter(booster, 0, data));
    XGDMatrixFree(data);
    return booster;
  }();
  return trained;
}

void predict_batch_xgboost(benchmark::State& state) {
  const BoosterHandle booster = xgboost_forest();
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<float> x(n * dim);
  RandomStream stream(2, Purpose::test, 0);
  const char* config = R"({"training": false, "type": 0, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false})";
  for (auto _ : state) {
    state.PauseTiming();
    for (float& v : x) v = static_cast<float>(stream.uniform());
    state.ResumeTiming();
    DMatrixHandle data = nullptr;
    check(XGDMatrixCreateFromMat_omp(x.data(), n, dim, std::numeric_limits<float>::quiet_NaN(), &data, 1));
    const bst_ulong* shape = nullptr;
    bst_ulong dims = 0;
    const float* result = nullptr;
    check(XGBoosterPredictFromDMatrix(booster, data, config, &shape, &dims, &result));
    benchmark::DoNotOptimize(result);
    XGDMatrixFree(data);
  }
  state.counters["s/point"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(predict_batch_xgboost)->Arg(1)->Arg(1024)->Arg(16384)->Unit(benchmark::kMicrosecond);
#endif

// A slice of candidates as a rank does it: drawn, voted on, scored, the best returned.
void score_candidates(benchmark::State& state) {
  const VotersList& trees = forest();
  const auto source = fresh_candidates(dim, 1, 1000000, nullptr);
  const std::size_t n = 4096, block = 1024;
  std::vector<double> u(n * dim);
  std::vector<float> x(block * dim), votes(block * count_votes(trees));
  std::uint64_t step = 1;
  double sum = 0.0;
  for (auto _ : state) {
    source->make(step++, 0, u, nullptr);
    for (std::size_t i = 0; i < n; i += block) {
      x.assign(u.begin() + static_cast<std::ptrdiff_t>(i * dim), u.begin() + static_cast<std::ptrdiff_t>((i + block) * dim));
      predict_votes(trees, x, dim, votes);
      for (std::size_t k = 0; k < block; ++k) sum += score(Score::margin, std::span(votes).subspan(k * count_votes(trees), count_votes(trees)));
    }
  }
  benchmark::DoNotOptimize(sum);
  state.counters["s/1e6 points"] = benchmark::Counter(static_cast<double>(n) / 1e6, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(score_candidates)->Unit(benchmark::kMillisecond);

void train_part(benchmark::State& state, const char* type) {
  const auto c = committee({{"type", type, {}}});
  const auto n = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(c->fit(first(n), 0, 1));
}
BENCHMARK_CAPTURE(train_part, forest_20_trees, "forest")->Arg(10000)->Arg(50000)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK_CAPTURE(train_part, boosted_member, "boosted")->Arg(10000)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK_CAPTURE(train_part, network, "networks")->Arg(10000)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK_CAPTURE(train_part, dropout, "dropout")->Arg(10000)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
