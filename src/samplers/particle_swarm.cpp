// Particle swarm with informants drawn for each move (doi:10.1109/CEC.2013.6557848) whose coefficients adapt themselves and travel with
// the particle, as F and CR do in jDE (the idea of jSwarm, compared in arXiv:2101.04525).

#include <algorithm>

#include "src/samplers/population.h"

namespace umbra {
namespace {

/// Each slot is a particle: position, velocity, the best place it has seen, and its coefficients (inertia, cognitive, social, and which
/// part of the parameters moves; the others stay at the particle's best place, as in the crossover of differential evolution). A task redraws
/// each coefficient with probability `adapt`; they stay where the particle's own best improves. The social pull goes to the best of the
/// `informants` drawn for the task. At a wall a particle is reflected and its velocity there turned and halved; periodic parameters wrap.
/// Failures: worse than any value; the particle flies on.
class ParticleSwarm : public Population {
 public:
  struct Options {
    std::size_t particles = 40;
    std::optional<std::uint64_t> look_ahead;
    std::size_t informants = 3;
    double adapt = 0.1;
    Range inertia{0.4, 0.9};
    Range cognitive{0.5, 2.5};
    Range social{0.5, 2.5};
    Range moving{0.1, 1.0};
    double max_velocity = 0.5;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("particles", &Options::particles, "number of particles, at least 2", between(2, 1e6))
        .add("look_ahead", &Options::look_ahead, "tasks in flight whose outcome a new one does not need; none: the number of particles", between(1, 1e6))
        .add("informants", &Options::informants, "how many particles a move asks for the best place", between(1, 1000))
        .add("adapt", &Options::adapt, "probability that a move tries a new coefficient", between(0, 1))
        .add("inertia", &Options::inertia, "range of the part of the velocity that is kept")
        .add("cognitive", &Options::cognitive, "range of the pull to the own best place")
        .add("social", &Options::social, "range of the pull to the informants' best place")
        .add("moving", &Options::moving, "range of the part of the parameters that a move changes; [0.999, 1]: always all")
        .add("max_velocity", &Options::max_velocity, "largest move of a parameter, in units of its range", above(0));
  }

  ParticleSwarm(const Options& options, const SamplerContext& context)
      : Population(context, {.slots = options.particles,
                             .partners = options.informants,
                             .extras = context.dim + coefficients,
                             .state = 3 * context.dim + coefficients + 1,
                             .look_ahead = options.look_ahead.value_or(options.particles)}),
        options_(options) {}

 private:
  static constexpr std::size_t coefficients = 4;
  // a trial is [u, velocity, inertia, cognitive, social, moving]; a state is [best u, value, coefficients of the best, u, velocity]

  void begin(RandomStream& stream, std::span<double> trial) const override {
    const std::size_t n = dim();
    for (std::size_t d = 0; d < n; ++d) trial[n + d] = (stream.uniform() - trial[d]) * options_.max_velocity;
    for (std::size_t c = 0; c < coefficients; ++c) trial[2 * n + c] = draw(stream, c);
  }

  void propose(RandomStream& stream, TaskId, const double* own, std::span<const double* const> partners, std::span<double> trial) const override {
    const std::size_t n = dim();
    const double *u = own + n + 1 + coefficients, *velocity = u + n;
    for (std::size_t c = 0; c < coefficients; ++c) trial[2 * n + c] = stream.uniform() < options_.adapt ? draw(stream, c) : own[n + 1 + c];
    const double inertia = trial[2 * n], cognitive = trial[2 * n + 1], social = trial[2 * n + 2], moving = trial[2 * n + 3];
    const std::size_t always = stream.index(n);
    const double* guide = own;
    for (const double* p : partners)
      if (p[n] > guide[n]) guide = p;
    for (std::size_t d = 0; d < n; ++d) {
      if (d != always && stream.uniform() > moving) {
        trial[d] = own[d];
        trial[n + d] = velocity[d];
        continue;
      }
      double v = inertia * velocity[d] + cognitive * stream.uniform() * box().difference(own[d], u[d], d);
      if (guide != own) v += social * stream.uniform() * box().difference(guide[d], u[d], d);
      v = std::clamp(v, -options_.max_velocity, options_.max_velocity);
      const double x = u[d] + v;
      trial[d] = box().inside(x, d);
      trial[n + d] = box().periodic(d) || (x >= 0.0 && x <= 1.0) ? v : -0.5 * v;
    }
  }

  void accept(TaskId generation, std::span<const double> trial, double value, std::span<double> state) const override {
    const std::size_t n = dim();
    if (generation == 0 || value > state[n]) {
      std::copy_n(trial.begin(), n, state.begin());
      state[n] = value;
      std::copy_n(trial.begin() + 2 * n, coefficients, state.begin() + n + 1);
    }
    std::copy_n(trial.begin(), 2 * n, state.begin() + n + 1 + coefficients);
  }

  double draw(RandomStream& stream, std::size_t coefficient) const {
    const Range& r = coefficient == 0 ? options_.inertia : coefficient == 1 ? options_.cognitive : coefficient == 2 ? options_.social : options_.moving;
    return stream.uniform(r.low, r.high);
  }

  Options options_;
};

const bool registered = SamplerRegistry::instance().add<ParticleSwarm>("particle_swarm", "best fit: self-adaptive particle swarm, asynchronous", "arXiv:2101.04525");

}  // namespace
}  // namespace umbra
