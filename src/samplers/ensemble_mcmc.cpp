// The affine-invariant ensemble sampler.

#include <cmath>

#include "src/samplers/markov_chains.h"

namespace umbra {
namespace {

/// Stretch moves of Goodman and Weare in the two halves of arXiv:1202.3665: a red walker stretches along the line to a blue one as it was one step ago, a
/// blue walker along that to a red one as it is now. A task waits for that one partner alone. The walkers move in the logit of the unit cube,
/// where no proposal can lie outside; periodic parameters are therefore not joined at their ends.
class EnsembleMcmc : public MarkovChains {
 public:
  struct Options : Common {
    std::size_t walkers = 0;
    double stretch = 2.0;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> set;
    return add_common(set.add("walkers", &Options::walkers, "walkers of an ensemble, even, at least twice the dimensions; 0: four times these", between(0, 1e6))
                          .add("stretch", &Options::stretch, "largest factor of a stretch", above(1)));
  }

  EnsembleMcmc(const Options& options, const SamplerContext& context)
      : MarkovChains(context, Chart::logit, checked(options, context.dim), options, options.stretch), stretch_(options.stretch) {
    start();
  }

 private:
  static std::size_t checked(const Options& options, std::size_t dim) {
    const std::size_t walkers = options.walkers > 0 ? options.walkers : 4 * dim;
    VALIDATE(walkers >= 2 * dim && walkers >= 4 && walkers % 2 == 0,
             "{} walkers do not do in {} dimensions (fewer than twice the dimensions stay in a subspace, and the two halves must be equal), use an even number of at least {}",
             walkers, dim, std::max<std::size_t>(4, 2 * dim));
    return walkers;
  }
  std::vector<When> partners(TaskId step, std::size_t walker, RandomStream& stream) const override {
    const std::size_t n = walkers_per_ensemble(), half = n / 2, first = walker / n * n;
    const bool red = walker - first < half;
    return {{first + (red ? half : 0) + stream.index(half), red ? step - 1 : step}};
  }
  void propose(TaskId, std::size_t, std::span<const State* const> partners, RandomStream& stream, Move& move) const override {
    // z has the density 1 / sqrt z between 1 / stretch and stretch.
    const double z = std::pow(1.0 + (stretch_ - 1.0) * stream.uniform(), 2) / stretch_;
    const std::vector<double>& other = partners[0]->x;
    move.x.resize(dim());
    for (std::size_t d = 0; d < dim(); ++d) move.x[d] = other[d] + z * (move.from.x[d] - other[d]);
    move.log_factor = (static_cast<double>(dim()) - 1.0) * std::log(z);
  }

  double stretch_;
};

const bool registered = SamplerRegistry::instance().add<EnsembleMcmc>("ensemble_mcmc", "posterior: affine-invariant ensembles of walkers", "arXiv:1202.3665");

}  // namespace
}  // namespace umbra
