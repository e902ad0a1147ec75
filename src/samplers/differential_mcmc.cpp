// Differential-evolution Markov chains with snooker updates.

#include <cmath>

#include "src/samplers/markov_chains.h"

namespace umbra {
namespace {

/// A walker moves by the difference of two others (ter Braak, doi:10.1007/s11222-006-8769-1), scaled by 2.38 / sqrt(2 d), or by 1 in one of ten moves, which
/// jumps between modes; in one of ten it moves along the line to a third (snooker, doi:10.1007/s11222-008-9104-9). The others are of the other half of
/// the ensemble, one step ago or now as in ensemble_mcmc, which keeps the target exact. In the logit of the unit cube: periodic parameters are not joined.
class DifferentialMcmc : public MarkovChains {
 public:
  struct Options : Common {
    std::size_t walkers = 0;
    double snooker = 0.1;
    double jump = 0.1;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> set;
    return add_common(set.add("walkers", &Options::walkers, "walkers of an ensemble, even, more than twice the dimensions; 0: four times these", between(0, 1e6))
                          .add("snooker", &Options::snooker, "probability of a snooker update", between(0, 1))
                          .add("jump", &Options::jump, "probability of a move by the whole difference, between modes", between(0, 1)));
  }

  DifferentialMcmc(const Options& options, const SamplerContext& context)
      : MarkovChains(context, Chart::logit, checked(options, context.dim), options, options.snooker + 2.0 * options.jump), snooker_(options.snooker), jump_(options.jump) {
    start();
  }

 private:
  static std::size_t checked(const Options& options, std::size_t dim) {
    const std::size_t walkers = options.walkers > 0 ? options.walkers : std::max<std::size_t>(8, 4 * dim);
    VALIDATE(walkers > 2 * dim && walkers >= 8 && walkers % 2 == 0,
             "{} walkers do not do in {} dimensions (the differences of one half must span the space), use an even number of at least {}", walkers, dim,
             std::max<std::size_t>(8, 2 * dim + 2));
    return walkers;
  }
  std::vector<When> partners(TaskId step, std::size_t walker, RandomStream& stream) const override {
    const std::size_t n = walkers_per_ensemble(), half = n / 2, first = walker / n * n;
    const bool red = walker - first < half;
    const std::size_t others = first + (red ? half : 0);
    std::size_t a = stream.index(half), b = stream.index(half - 1), c = stream.index(half - 2);
    b += b >= a;
    for (const std::size_t taken : {std::min(a, b), std::max(a, b)}) c += c >= taken;
    const TaskId when = red ? step - 1 : step;
    return {{others + a, when}, {others + b, when}, {others + c, when}};
  }
  void propose(TaskId, std::size_t, std::span<const State* const> partners, RandomStream& stream, Move& move) const override {
    const std::vector<double>&a = partners[0]->x, &b = partners[1]->x, &z = partners[2]->x, &x = move.from.x;
    const double n = static_cast<double>(dim());
    move.x.resize(dim());
    if (stream.uniform() >= snooker_) {
      const double scale = stream.uniform() < jump_ ? 1.0 : 2.38 / std::sqrt(2.0 * n) * stream.uniform(0.8, 1.2);
      for (std::size_t d = 0; d < dim(); ++d) move.x[d] = x[d] + scale * (a[d] - b[d]) + 1e-5 * stream.normal();
      return;
    }
    double before = 0.0, along = 0.0, after = 0.0;
    for (std::size_t d = 0; d < dim(); ++d) before += (x[d] - z[d]) * (x[d] - z[d]), along += (a[d] - b[d]) * (x[d] - z[d]);
    const double scale = stream.uniform(1.2, 2.2) * along / before;
    for (std::size_t d = 0; d < dim(); ++d) {
      move.x[d] = x[d] + scale * (x[d] - z[d]);
      after += (move.x[d] - z[d]) * (move.x[d] - z[d]);
    }
    move.log_factor = 0.5 * (n - 1.0) * std::log(after / before);
  }

  double snooker_, jump_;
};

const bool registered =
    SamplerRegistry::instance().add<DifferentialMcmc>("differential_mcmc", "posterior: differential-evolution chains with snooker updates", "doi:10.1007/s11222-008-9104-9");

}  // namespace
}  // namespace umbra
