// Differential evolution whose parameters adapt themselves: jDE (doi:10.1109/TEVC.2006.872133) and lambda-jDE as in Diver (arXiv:1705.07959).

#include <algorithm>

#include "src/samplers/population.h"

namespace umbra {
namespace {

/// Each slot holds a point and its own F, CR (and lambda). A task redraws each of these with probability `adapt`, mutates, crosses with
/// its own point, and the trial replaces the point (and its parameters) where it is at least as good. "best" is the best of `elite`
/// slots drawn for the task, not of the whole population, so that no task waits for all others.
/// With niching the donors are the nearest of `neighbours` drawn slots each, and the own point is mutated, towards the first of them
/// where that is better, whatever the variant: the population settles on several optima and stays there.
/// Points that leave the box are reflected; periodic parameters wrap. Failures: worse than any value; a failed point is replaced by whatever comes next.
class DifferentialEvolution : public Population {
 public:
  struct Options {
    std::size_t population = 50;
    std::optional<std::uint64_t> look_ahead;
    std::string variant = "lambda";
    std::string crossover = "binomial";
    std::size_t elite = 5;
    double adapt = 0.1;
    Range f{0.1, 1.0};
    std::size_t neighbours = 0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("population", &Options::population, "number of slots, at least 5", between(5, 1e6))
        .add("look_ahead", &Options::look_ahead, "tasks in flight whose outcome a new one does not need; none: the population", between(1, 1e6))
        .add("variant", &Options::variant, "what is mutated: rand_1: a random point; current_to_best: the own point moved towards the best of the elite; lambda: a mix of a random point and the best",
             one_of({"rand_1", "current_to_best", "lambda"}))
        .add("crossover", &Options::crossover, "binomial (each parameter by itself) or exponential (neighbouring parameters together)", one_of({"binomial", "exponential"}))
        .add("elite", &Options::elite, "how many drawn slots the best is chosen from", between(1, 1000))
        .add("adapt", &Options::adapt, "probability that a task draws a new F, CR or lambda", between(0, 1))
        .add("f", &Options::f, "range of the scale factor F")
        .add("neighbours", &Options::neighbours, "niching: each donor is the nearest of so many drawn slots; 0 or 1: no niching", between(0, 1000));
  }

  DifferentialEvolution(const Options& options, const SamplerContext& context)
      : Population(context, {.slots = options.population,
                             .partners = 3 * std::max<std::size_t>(1, options.neighbours) + (options.variant == "rand_1" ? 0 : options.elite),
                             .extras = 3,
                             .state = context.dim + 4,
                             .look_ahead = options.look_ahead.value_or(options.population)}),
        options_(options),
        donors_(std::max<std::size_t>(1, options.neighbours)) {}

 private:
  // a trial is [u, F, CR, lambda]; a state is the same and the value

  void begin(RandomStream& stream, std::span<double> trial) const override {
    trial[dim()] = stream.uniform(options_.f.low, options_.f.high);
    trial[dim() + 1] = stream.uniform();
    trial[dim() + 2] = stream.uniform();
  }

  void propose(RandomStream& stream, TaskId, const double* own, std::span<const double* const> partners, std::span<double> trial) const override {
    const std::size_t n = dim();
    const double f = trial[n] = stream.uniform() < options_.adapt ? stream.uniform(options_.f.low, options_.f.high) : own[n];
    const double cr = trial[n + 1] = stream.uniform() < options_.adapt ? stream.uniform() : own[n + 1];
    const double lambda = trial[n + 2] = stream.uniform() < options_.adapt ? stream.uniform() : own[n + 2];
    const double* r1 = nearest(own, partners.subspan(0, donors_));
    const double* r2 = nearest(own, partners.subspan(donors_, donors_));
    const double* r3 = nearest(own, partners.subspan(2 * donors_, donors_));
    const double *from = r1, *to = r1;
    double pull = 0.0;
    if (donors_ > 1) {
      from = own;
      pull = r1[n + 3] > own[n + 3] ? f : 0.0;
    } else if (options_.variant != "rand_1") {
      to = best(partners.subspan(3 * donors_));
      const bool current = options_.variant == "current_to_best";
      from = current ? own : r1;
      pull = current ? f : lambda;
    }

    const std::size_t first = stream.index(n);
    const bool exponential = options_.crossover == "exponential";
    bool taken = true;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t d = (first + i) % n;
      if (i > 0 && (taken || !exponential)) taken = stream.uniform() < cr;
      trial[d] = taken ? box().inside(from[d] + pull * box().difference(to[d], from[d], d) + f * box().difference(r2[d], r3[d], d), d) : own[d];
    }
  }

  void accept(TaskId generation, std::span<const double> trial, double value, std::span<double> state) const override {
    if (generation > 0 && value < state.back()) return;
    std::copy(trial.begin(), trial.end(), state.begin());
    state.back() = value;
  }

  const double* best(std::span<const double* const> among) const {
    const std::size_t value = dim() + 3;
    return *std::max_element(among.begin(), among.end(), [value](const double* a, const double* b) { return a[value] < b[value]; });
  }
  const double* nearest(const double* own, std::span<const double* const> among) const {
    if (among.size() == 1) return among[0];
    const auto distance = [&](const double* a) {
      double sum = 0.0;
      for (std::size_t d = 0; d < dim(); ++d) {
        const double x = box().difference(a[d], own[d], d);
        sum += x * x;
      }
      return sum;
    };
    return *std::min_element(among.begin(), among.end(), [&](const double* a, const double* b) { return distance(a) < distance(b); });
  }

  Options options_;
  std::size_t donors_;
};

const bool registered = SamplerRegistry::instance().add<DifferentialEvolution>(
    "differential_evolution", "best fit: self-adaptive differential evolution (jDE, lambda-jDE), asynchronous", "arXiv:1705.07959");

}  // namespace
}  // namespace umbra
