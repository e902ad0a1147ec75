// Parallel tempering: hot chains cross between modes, and pass what they find down to the cold one.

#include <cmath>

#include "src/samplers/markov_chains.h"
#include "src/samplers/metropolis_step.h"

namespace umbra {
namespace {

/// An ensemble is a ladder of chains that sample L^(1/T), T from 1 in equal ratios up to `hottest`, each by adaptive Metropolis. Before each step the
/// states of neighbours on the ladder may swap (pairs 0-1, 2-3 ... and 1-2, 3-4 ... in turn; arXiv:physics/0508111). A task waits for its neighbour's last
/// state alone, and both come to the same decision by themselves. Only the cold chains belong to the posterior.
class ParallelTempering : public MarkovChains {
 public:
  struct Options : Common {
    std::size_t temperatures = 8;
    double hottest = 1000.0;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> set;
    return add_common(set.add("temperatures", &Options::temperatures, "chains of a ladder", between(2, 1000))
                          .add("hottest", &Options::hottest, "temperature of the hottest chain", above(1)));
  }

  ParallelTempering(const Options& options, const SamplerContext& context)
      : MarkovChains(context, Chart::cube, options.temperatures, options, options.hottest), ladder_(options.temperatures), hottest_(options.hottest) {
    for (std::size_t w = 0; w < options.ensembles * ladder_; ++w) MetropolisStep::begin(dim(), memory(w));
    start();
  }

 private:
  double inverse_temperature(std::size_t walker) const override {
    return std::pow(hottest_, -static_cast<double>(walker % ladder_) / static_cast<double>(ladder_ - 1));
  }
  /// With whom a walker may swap before a step; itself at the ends.
  std::size_t neighbour(TaskId step, std::size_t walker) const {
    const std::size_t rung = walker % ladder_;
    const bool up = (rung + step) % 2 == 0;
    if (up) return rung + 1 < ladder_ ? walker + 1 : walker;
    return rung > 0 ? walker - 1 : walker;
  }
  std::vector<When> partners(TaskId step, std::size_t walker, RandomStream&) const override { return {{neighbour(step, walker), step - 1}}; }
  void propose(TaskId step, std::size_t walker, std::span<const State* const> partners, RandomStream& stream, Move& move) const override {
    const std::size_t other = neighbour(step, walker);
    const State& its = *partners[0];
    if (other != walker) {
      const double mine = move.from.log_likelihood, difference = inverse_temperature(walker) - inverse_temperature(other);
      const double log_ratio = its.log_likelihood == mine ? 0.0 : difference * (its.log_likelihood - mine);
      // The same number for both of a pair.
      RandomStream decision(seed(), Purpose::simulate, step, std::min(walker, other));
      if (std::log(decision.uniform()) < log_ratio) move.from = its;
    }
    MetropolisStep::propose(memory(walker), move.from.x, stream, move.x);
  }
  void learn(TaskId, std::size_t walker, const State& state, double probability) override { MetropolisStep::learn(memory(walker), state.x, probability); }

  std::size_t ladder_;
  double hottest_;
};

const bool registered = SamplerRegistry::instance().add<ParallelTempering>("parallel_tempering", "posterior with separate modes: tempered chains that swap", "arXiv:physics/0508111");

}  // namespace
}  // namespace umbra
