#include "workflows/forecast.h"

#include <algorithm>
#include <cmath>

#include "jobs/executor.h"
#include "src/base/random.h"
#include "workflows/campaign.h"

namespace umbra {
namespace {

// Virtual time runs in steps of the loop's patience, so that seconds are scaled to make a mean evaluation this long.
constexpr double mean_in_virtual_seconds = 0.1;
// Short tasks travel ahead and in batches, which hides most of the way.
constexpr double longest_latency_share = 0.01;

class Replay final : public Work {
 public:
  Replay(const std::vector<Outcome>& measured, std::size_t dim) : measured_(measured), dim_(dim) {}

  void run(const Task& task, Outcome& o) override {
    RandomStream stream(0, Purpose::simulate, task.id);
    const Outcome& m = measured_[stream.index(measured_.size())];
    o.status = m.status;
    o.values = m.values;
    const auto u = doubles(task.payload);
    std::copy_n(u.begin(), std::min(u.size(), dim_), o.values.begin());
  }

 private:
  const std::vector<Outcome>& measured_;
  std::size_t dim_;
};

}  // namespace

Forecast forecast(const std::function<std::unique_ptr<Sampler>()>& make_sampler, std::size_t dim, const std::vector<Outcome>& measured, int ranks, std::uint64_t evaluations,
                  double latency_s, std::uint64_t horizon) {
  double mean = 0.0;
  for (const Outcome& o : measured) mean += o.duration / static_cast<double>(measured.size());
  mean = std::max(mean, 1e-9);
  const double scale = mean_in_virtual_seconds / mean;

  VirtualTime time;
  time.ranks = ranks;
  time.latency_s = std::min(latency_s, longest_latency_share * mean) * scale;
  time.duration = [&](const Task& task, const Outcome&) {
    RandomStream stream(0, Purpose::simulate, task.id);
    return std::max(1e-9, measured[stream.index(measured.size())].duration) * scale;
  };
  NoRows rows;
  NoRecorder recorder;
  const std::uint64_t tasks = std::min<std::uint64_t>(evaluations, std::max<std::uint64_t>(500, horizon * static_cast<std::uint64_t>(ranks)));
  const auto sampler = make_sampler();
  Ledger ledger(LedgerRules{.evaluations = tasks});
  const auto executor = make_virtual_executor([&] { return std::make_unique<Replay>(measured, dim); }, rows, time);
  Campaign(*sampler, *executor, ledger, recorder).run();
  const ExecutorStatistics s = executor->statistics();
  // Where all tasks are dispatched at once there is no time between the first and the last: each rank is busy with its share of them.
  const double rounds = std::ceil(static_cast<double>(tasks) / ranks);
  const double share = s.last_dispatch - s.first_dispatch < mean_in_virtual_seconds ? static_cast<double>(tasks) / (rounds * ranks) : s.busy_share(ranks);
  return {ranks, share, share * ranks / mean};
}

LookAhead recommend_look_ahead(const MakeWithLookAhead& make, std::size_t dim, const std::vector<Outcome>& measured, int ranks, std::uint64_t evaluations) {
  std::vector<LookAhead> tried;
  double best = 0.0;
  for (const std::uint64_t multiple : {1, 2, 4, 8, 16}) {
    const std::uint64_t look_ahead = multiple * static_cast<std::uint64_t>(ranks);
    if (!make(look_ahead)) break;  // more than the sampler takes
    tried.push_back({look_ahead, forecast([&] { return make(look_ahead); }, dim, measured, ranks, evaluations).busy_share});
    best = std::max(best, tried.back().busy_share);
    if (best >= 0.99) break;
  }
  if (tried.empty()) return {};
  return *std::find_if(tried.begin(), tried.end(), [&](const LookAhead& l) { return l.busy_share >= 0.95 * best; });
}

}  // namespace umbra
