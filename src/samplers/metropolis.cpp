// Metropolis sampling whose proposal adapts itself.

#include "src/samplers/markov_chains.h"
#include "src/samplers/metropolis_step.h"

namespace umbra {
namespace {

/// Each ensemble is one chain, and no chain knows of another: adaptation is from its own past and shrinks with the number of its steps, so
/// that it ends in the posterior (doi:10.2307/3318737). Walls reflect, periodic parameters wrap, which keeps the proposal symmetric. For one
/// mode; R-hat tells where chains sit in different ones.
class Metropolis : public MarkovChains {
 public:
  struct Options : Common {
    Options() { ensembles = 8; }
  };
  static OptionSet<Options> options() {
    OptionSet<Options> set;
    return add_common(set);
  }

  Metropolis(const Options& options, const SamplerContext& context) : MarkovChains(context, Chart::cube, 1, options, 1.0) {
    for (std::size_t w = 0; w < options.ensembles; ++w) MetropolisStep::begin(dim(), memory(w));
    start();
  }

 private:
  std::vector<When> partners(TaskId, std::size_t, RandomStream&) const override { return {}; }
  void propose(TaskId, std::size_t walker, std::span<const State* const>, RandomStream& stream, Move& move) const override {
    MetropolisStep::propose(memory(walker), move.from.x, stream, move.x);
  }
  void learn(TaskId, std::size_t walker, const State& state, double probability) override { MetropolisStep::learn(memory(walker), state.x, probability); }
};

const bool registered = SamplerRegistry::instance().add<Metropolis>("metropolis", "posterior: adaptive Metropolis chains", "doi:10.2307/3318737");

}  // namespace
}  // namespace umbra
