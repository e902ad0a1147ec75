// Artificial bee colony (doi:10.1007/s10898-007-9149-x), its onlookers guided as in doi:10.1016/j.amc.2010.08.049.

#include <algorithm>

#include "src/samplers/population.h"

namespace umbra {
namespace {

/// Each slot is a food source. In even generations its employed bee moves one parameter of the source by a random part of the distance to
/// another source; in odd ones an onlooker does, drawn also towards the best of `onlooked` drawn sources (instead of a choice among
/// all, for which every task would wait). A better place replaces the source. A source that has failed to improve `limit` times is
/// left to a scout, who starts at a random place. Moves beyond the box are reflected; periodic parameters wrap. Failures: worse than any value.
class BeeColony : public Population {
 public:
  struct Options {
    std::size_t sources = 20;
    std::optional<std::uint64_t> look_ahead;
    std::size_t onlooked = 3;
    std::optional<std::uint64_t> limit;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("sources", &Options::sources, "number of food sources, at least 3", between(3, 1e6))
        .add("look_ahead", &Options::look_ahead, "tasks in flight whose outcome a new one does not need; none: the number of sources", between(1, 1e6))
        .add("onlooked", &Options::onlooked, "how many sources an onlooker compares", between(1, 1000))
        .add("limit", &Options::limit, "trials without success after which a source is left; none: sources x parameters", between(1, 1e15));
  }

  BeeColony(const Options& options, const SamplerContext& context)
      : Population(context, {.slots = options.sources,
                             .partners = 1 + options.onlooked,
                             .extras = 1,
                             .state = context.dim + 2,
                             .look_ahead = options.look_ahead.value_or(options.sources)}),
        limit_(static_cast<double>(options.limit.value_or(options.sources * context.dim))) {}

 private:
  // a trial is [u, whether a scout's]; a state is [u, failures since the last success, value]

  void begin(RandomStream&, std::span<double> trial) const override { trial[dim()] = 1.0; }

  void propose(RandomStream& stream, TaskId generation, const double* own, std::span<const double* const> partners, std::span<double> trial) const override {
    trial[dim()] = own[dim()] >= limit_ ? 1.0 : 0.0;
    if (trial[dim()] != 0.0) return stream.fill_uniform(trial.first(dim()));
    std::copy_n(own, dim(), trial.begin());
    const std::size_t d = stream.index(dim());
    double x = own[d] + stream.uniform(-1.0, 1.0) * box().difference(own[d], partners[0][d], d);
    if (generation % 2 == 1) {
      const double* guide = *std::max_element(partners.begin() + 1, partners.end(), [this](const double* a, const double* b) { return a[dim() + 1] < b[dim() + 1]; });
      x += stream.uniform(0.0, 1.5) * box().difference(guide[d], own[d], d);
    }
    trial[d] = box().inside(x, d);
  }

  void accept(TaskId, std::span<const double> trial, double value, std::span<double> state) const override {
    if (trial[dim()] == 0.0 && !(value > state.back())) {
      state[dim()] += 1.0;
      return;
    }
    std::copy_n(trial.begin(), dim(), state.begin());
    state[dim()] = 0.0;
    state.back() = value;
  }

  double limit_;
};

const bool registered = SamplerRegistry::instance().add<BeeColony>("bee_colony", "best fit: artificial bee colony, which moves one parameter at a time, asynchronous", "doi:10.1007/s10898-007-9149-x");

}  // namespace
}  // namespace umbra
