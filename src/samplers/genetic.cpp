// A genetic algorithm on real numbers: tournaments, simulated binary crossover (Deb and Agrawal 1995, Complex Systems 9, 115) or blend
// crossover (doi:10.1016/B978-0-08-094832-4.50018-0), polynomial (Deb and Goyal 1996) or Gaussian mutation, elitism.

#include <algorithm>
#include <cmath>

#include "src/samplers/population.h"

namespace umbra {
namespace {

/// A task picks two parents, each the best of `tournament` drawn slots, crosses and mutates them, and the child takes its slot where it is
/// better than what is there. `elitism: false`: it does whatever it is worth, as in a generational algorithm without elite.
/// Children beyond the box are reflected; periodic parameters wrap. Failures lose every tournament and are replaced by whatever comes next.
class Genetic : public Population {
 public:
  struct Options {
    std::size_t population = 40;
    std::optional<std::uint64_t> look_ahead;
    std::size_t tournament = 3;
    std::string crossover = "sbx";
    double crossover_rate = 0.9;
    double crossover_index = 2.0;
    std::string mutation = "polynomial";
    std::optional<double> mutation_rate;
    double mutation_index = 20.0;
    double mutation_width = 0.05;
    bool elitism = true;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("population", &Options::population, "number of slots, at least 4", between(4, 1e6))
        .add("look_ahead", &Options::look_ahead, "tasks in flight whose outcome a new one does not need; none: the population", between(1, 1e6))
        .add("tournament", &Options::tournament, "how many drawn slots a parent is the best of", between(1, 1000))
        .add("crossover", &Options::crossover, "sbx (simulated binary) or blend (uniform over the parents' interval and half of it on both sides) or uniform (swap)", one_of({"sbx", "blend", "uniform"}))
        .add("crossover_rate", &Options::crossover_rate, "probability that the parents are crossed", between(0, 1))
        .add("crossover_index", &Options::crossover_index, "sbx: large keeps children near their parents", between(0, 1000))
        .add("mutation", &Options::mutation, "polynomial or gaussian", one_of({"polynomial", "gaussian"}))
        .add("mutation_rate", &Options::mutation_rate, "probability that a parameter mutates; none: 1 / parameters", between(0, 1))
        .add("mutation_index", &Options::mutation_index, "polynomial: large makes small steps", between(0, 1000))
        .add("mutation_width", &Options::mutation_width, "gaussian: standard deviation in units of the range", between(1e-12, 1))
        .add("elitism", &Options::elitism, "whether a child must be better than what it replaces");
  }

  Genetic(const Options& options, const SamplerContext& context)
      : Population(context, {.slots = options.population,
                             .partners = 2 * options.tournament,
                             .extras = 0,
                             .state = context.dim + 1,
                             .look_ahead = options.look_ahead.value_or(options.population)}),
        options_(options),
        mutation_rate_(options.mutation_rate.value_or(1.0 / static_cast<double>(std::max<std::size_t>(1, context.dim)))) {}

 private:
  // a trial is [u]; a state is [u, value]

  void begin(RandomStream&, std::span<double>) const override {}

  void propose(RandomStream& stream, TaskId, const double*, std::span<const double* const> partners, std::span<double> trial) const override {
    const double* a = best(partners.first(options_.tournament));
    const double* b = best(partners.subspan(options_.tournament));
    const bool cross = stream.uniform() < options_.crossover_rate;
    for (std::size_t d = 0; d < dim(); ++d) {
      double x = a[d];
      if (cross) x += crossed(stream, box().difference(b[d], a[d], d));
      if (stream.uniform() < mutation_rate_) x += mutation(stream);
      trial[d] = box().inside(x, d);
    }
  }

  void accept(TaskId generation, std::span<const double> trial, double value, std::span<double> state) const override {
    if (generation > 0 && options_.elitism && value < state.back()) return;
    std::copy(trial.begin(), trial.end(), state.begin());
    state.back() = value;
  }

  const double* best(std::span<const double* const> among) const {
    return *std::max_element(among.begin(), among.end(), [this](const double* a, const double* b) { return a[dim()] < b[dim()]; });
  }

  /// Where the child is, seen from parent a, when parent b is `apart` from it.
  double crossed(RandomStream& stream, double apart) const {
    if (options_.crossover == "blend") return apart * stream.uniform(-0.5, 1.5);
    const double swap = stream.uniform() < 0.5 ? apart : 0.0;
    if (options_.crossover == "uniform" || stream.uniform() < 0.5) return swap;
    const double r = stream.uniform(), power = 1.0 / (options_.crossover_index + 1.0);
    const double spread = r < 0.5 ? std::pow(2.0 * r, power) : std::pow(0.5 / (1.0 - r), power);
    return 0.5 * apart + (swap > 0 || swap < 0 ? 0.5 : -0.5) * spread * apart;
  }

  double mutation(RandomStream& stream) const {
    if (options_.mutation == "gaussian") return stream.normal(0.0, options_.mutation_width);
    const double r = stream.uniform(), power = 1.0 / (options_.mutation_index + 1.0);
    return r < 0.5 ? std::pow(2.0 * r, power) - 1.0 : 1.0 - std::pow(2.0 * (1.0 - r), power);
  }

  Options options_;
  double mutation_rate_;
};

const bool registered = SamplerRegistry::instance().add<Genetic>("genetic", "best fit: genetic algorithm with tournaments, crossover and mutation, asynchronous");

}  // namespace
}  // namespace umbra
