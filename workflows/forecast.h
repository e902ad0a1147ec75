#pragma once
// What a campaign would do on more ranks: its own sampler and measured outcomes, in virtual time.

#include <cstdint>
#include <memory>
#include <functional>
#include <vector>

#include "src/base/task.h"
#include "src/samplers/sampler.h"

namespace umbra {

struct Forecast {
  int ranks = 1;
  double busy_share = 0.0;
  double rate = 0.0;  ///< evaluations a second
};

/// Runs the sampler on `ranks` simulated ranks whose tasks take the measured times and give the measured outcomes, drawn at random.
/// @param measured at least one outcome of a point, with durations
/// @param evaluations of the campaign; the forecast looks at most at `horizon` tasks a rank
Forecast forecast(const std::function<std::unique_ptr<Sampler>()>& sampler, std::size_t dim, const std::vector<Outcome>& measured, int ranks, std::uint64_t evaluations,
                  double latency_s = 1e-3, std::uint64_t horizon = 40);

/// A sampler with this `look_ahead` in place of its own.
using MakeWithLookAhead = std::function<std::unique_ptr<Sampler>(std::uint64_t look_ahead)>;

struct LookAhead {
  std::uint64_t look_ahead = 0;
  double busy_share = 0.0;
};

/// The smallest of 1, 2, 4, 8 and 16 times the ranks with which these are as busy as with any of them (to a twentieth). More look-ahead than that costs
/// evaluations and gains no time; 16 times the ranks is enough for durations that scatter by a factor of e (bench/README.md).
LookAhead recommend_look_ahead(const MakeWithLookAhead& make, std::size_t dim, const std::vector<Outcome>& measured, int ranks, std::uint64_t evaluations);

}  // namespace umbra
