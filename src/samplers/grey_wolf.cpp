// Grey wolf optimiser (doi:10.1016/j.advengsoft.2013.12.007).

#include <algorithm>
#include <array>

#include "src/samplers/population.h"

namespace umbra {
namespace {

/// A wolf goes to the mean of three places about its leaders, the best three of `pack` drawn wolves (of each the best place so far; not of
/// all wolves, for which every task would wait). How far about falls from 2 to 0 times the distance over `generations`, then it starts
/// again. An extended campaign keeps the `generations` with which it began. The published step uses distances from the origin of coordinates and so favours it; here it is a part of the way
/// between leader and wolf. Steps beyond the box are reflected; periodic parameters wrap. Failures: worse than any value.
class GreyWolf : public Population {
 public:
  struct Options {
    std::size_t wolves = 30;
    std::optional<std::uint64_t> look_ahead;
    std::size_t pack = 15;
    std::optional<std::uint64_t> generations;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("wolves", &Options::wolves, "number of wolves, at least 4", between(4, 1e6))
        .add("look_ahead", &Options::look_ahead, "tasks in flight whose outcome a new one does not need; none: the number of wolves", between(1, 1e6))
        .add("pack", &Options::pack, "how many drawn wolves the three leaders are the best of", between(3, 1000))
        .add("generations", &Options::generations, "after how many the steps have shrunk to nothing; none: as many as stop.evaluations allows, 500 at most", between(1, 1e12));
  }

  GreyWolf(const Options& options, const SamplerContext& context)
      : Population(context, {.slots = options.wolves,
                             .partners = options.pack,
                             .extras = 0,
                             .state = 2 * context.dim + 1,
                             .look_ahead = options.look_ahead.value_or(options.wolves)}),
        given_(options.generations),
        generations_(options.generations.value_or(std::clamp<std::uint64_t>(context.evaluations / options.wolves, 1, 500))) {}

  std::vector<std::pair<std::string, std::uint64_t>> planned() const override {
    if (given_) return {};
    return {{"generations", generations_}};
  }

 private:
  // a trial is [u]; a state is [best u, value, u]

  void begin(RandomStream&, std::span<double>) const override {}

  void propose(RandomStream& stream, TaskId generation, const double* own, std::span<const double* const> partners, std::span<double> trial) const override {
    const std::size_t n = dim();
    std::array<const double*, 3> leaders{};
    std::partial_sort_copy(partners.begin(), partners.end(), leaders.begin(), leaders.end(), [n](const double* a, const double* b) { return a[n] > b[n]; });
    const double reach = 2.0 * (1.0 - static_cast<double>(generation % generations_) / static_cast<double>(generations_));
    const double* u = own + n + 1;
    for (std::size_t d = 0; d < n; ++d) {
      double shift = 0.0;
      for (const double* leader : leaders) {
        const double apart = box().difference(leader[d], u[d], d);
        shift += apart - reach * stream.uniform(-1.0, 1.0) * 2.0 * stream.uniform() * apart;
      }
      trial[d] = box().inside(u[d] + shift / 3.0, d);
    }
  }

  void accept(TaskId generation, std::span<const double> trial, double value, std::span<double> state) const override {
    const std::size_t n = dim();
    if (generation == 0 || value > state[n]) {
      std::copy(trial.begin(), trial.end(), state.begin());
      state[n] = value;
    }
    std::copy(trial.begin(), trial.end(), state.begin() + static_cast<std::ptrdiff_t>(n) + 1);
  }

  std::uint64_t plan() const override { return generations_; }
  void set_plan(std::uint64_t generations) override {
    VALIDATE(generations >= 1 && given_.value_or(generations) == generations,
             "the saved state is of {} generations, the job says {} (the wolves' steps depend on it): restore 'generations', or start anew in another directory", generations, given_.value_or(generations_));
    generations_ = generations;
  }

  std::optional<std::uint64_t> given_;
  std::uint64_t generations_;
};

const bool registered = SamplerRegistry::instance().add<GreyWolf>("grey_wolf", "best fit: grey wolf optimiser, asynchronous", "doi:10.1016/j.advengsoft.2013.12.007");

}  // namespace
}  // namespace umbra
