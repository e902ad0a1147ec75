#pragma once
// What all Markov-chain samplers share: walkers that step, each waiting only for what its own step needs.

#include <deque>
#include <map>
#include <vector>

#include "src/base/random.h"
#include "src/samplers/sampler.h"
#include "src/statistics/chain_diagnostics.h"

namespace umbra {

/// Task id = step x walkers + walker. A step of a walker depends on its own last state and on the states of a few partners, which are
/// drawn from (seed, id) before any outcome is known: it may run as soon as these are there, however slow the others are (but no more than
/// `look_ahead` steps before the slowest). So the chains are those of a run on one rank, whatever an evaluation takes.
///
/// Walkers start at draws from the prior, or at points of an earlier run: a random choice of those with a likelihood above zero, none twice, by their weights
/// where they are a posterior; where there are fewer than walkers the rest are draws from the prior. Where a chain starts does not change what it
/// converges to, and burn-in removes what is left of it. But R-hat finds modes that were missed only where starts lie wider than the posterior:
/// choose points of a wide region (`where: "log_likelihood > -50"`), not the last ones of an optimiser.
///
/// Points that fail, and those of ln L = -inf, have likelihood zero: the walker stays. A walker whose start has likelihood zero draws from the prior until a
/// point has not. Where `patience` such draws in a row, of all such walkers together, have found none, the run ends; walkers that never had a likelihood above
/// zero are left out of the posterior and of the diagnostics.
///
/// Walkers form independent ensembles. The run ends at a step that all walkers have done, where the smallest bulk effective sample size of any
/// coordinate, over all recorded walkers after burn-in, reaches `effective_samples`, and the largest rank-normalised split R-hat between
/// ensembles (each one's walkers end to end within a step) is below `r_hat`. The posterior is the walkers' states after burn-in, weighted by how long
/// each stayed. It also ends where the ensembles sit in different modes: after 10 x patience evaluations, where the median of R-hat - 1 over the last half of the
/// steps is more than half of that over the second eighth. The diagnostics see every step at first, then every second, fourth ..., so that their memory is bounded.
class MarkovChains : public Sampler {
 public:
  std::vector<Task> ask(std::size_t max) override;
  void tell(const Outcome& outcome) override;
  TaskId end() const override { return end_; }
  bool done() const override { return end_ != no_end; }
  bool stops_by_itself() const override { return true; }
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;
  SamplerResult result() const override;

  /// Options that all have.
  struct Common {
    std::size_t ensembles = 4;
    double effective_samples = 1000.0;
    double r_hat = 1.01;
    double burn_in = 0.3;
    std::size_t look_ahead = 100;
    std::uint64_t patience = 20000;
  };
  /// @tparam Options derived from Common
  template <class Options>
  static OptionSet<Options>& add_common(OptionSet<Options>& set) {
    const auto member = [](auto Common::* m) { return static_cast<std::remove_reference_t<decltype(std::declval<Options>().*m)> Options::*>(m); };
    return set.add("ensembles", member(&Common::ensembles), "independent ensembles that are compared with one another (R-hat), at least 2", between(2, 10000))
        .add("effective_samples", member(&Common::effective_samples), "stop where every coordinate has so many (bulk effective sample size)", stop_criterion(above(0)))
        .add("r_hat", member(&Common::r_hat), "and where the ensembles agree to this rank-normalised split R-hat", stop_criterion(above(1)))
        .add("burn_in", member(&Common::burn_in), "share of the steps at the start that is left out", between(0, 0.9))
        .add("look_ahead", member(&Common::look_ahead), "how many steps a walker may be before the slowest one", between(1, 1e6))
        .add("patience", member(&Common::patience), "stop after so many draws from the prior in a row without a likelihood above zero; after ten times so many evaluations a run whose R-hat no longer falls ends too", stop_criterion(at_least(1)));
  }

 protected:
  /// Coordinates in which walkers move: those of the unit cube (reflected, or periodic), or their logit, which has no walls, with the density that
  /// this brings (periodic ones are not joined there).
  enum class Chart { cube, logit };
  struct State {
    std::vector<double> x;               ///< [dim] in the chart
    double log_likelihood = -HUGE_VAL;
    TaskId id = 0;                       ///< the evaluation that it rests on
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & x & log_likelihood & id;
    }
  };
  /// The state of a walker after a step.
  struct When {
    std::size_t walker;
    TaskId step;
  };
  struct Move {
    State from;                ///< the walker's own state, or what it became by a swap
    std::vector<double> x;     ///< proposed, in the chart
    double log_factor = 0.0;   ///< ln of the ratio of proposal densities, backward to forward
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & from & x & log_factor;
    }
  };

  /// @param walkers of one ensemble
  MarkovChains(const SamplerContext& context, Chart chart, std::size_t walkers, const Common& common, double fingerprint);
  /// To be called at the end of the constructor.
  void start();

  /// Which states a step needs beside the walker's own; `stream` belongs to this choice alone.
  virtual std::vector<When> partners(TaskId step, std::size_t walker, RandomStream& stream) const = 0;
  /// Fills move.x and move.log_factor, and changes move.from for a swap. `partners` is parallel to what partners() gave.
  virtual void propose(TaskId step, std::size_t walker, std::span<const State* const> partners, RandomStream& stream, Move& move) const = 0;
  /// The power of the likelihood that a walker samples.
  virtual double inverse_temperature(std::size_t) const { return 1.0; }
  /// Whether a walker's states belong to the posterior.
  bool recorded(std::size_t walker) const { return inverse_temperature(walker) == 1.0; }
  /// After each step of a walker: it may change memory(walker).
  virtual void learn(TaskId, std::size_t, const State&, double) {}

  std::size_t dim() const { return context_.dim; }
  std::size_t walkers_per_ensemble() const { return walkers_ / common_.ensembles; }
  bool periodic(std::size_t d) const { return d < context_.periodic.size() && context_.periodic[d]; }
  std::uint64_t seed() const { return context_.seed; }
  /// Numbers that a method keeps for each walker (saved with the state).
  std::vector<double>& memory(std::size_t walker) { return memory_[walker]; }
  const std::vector<double>& memory(std::size_t walker) const { return memory_[walker]; }

 private:
  /// A state of a recorded walker from a step on.
  struct Stay {
    TaskId id;
    TaskId step;
    std::uint32_t walker;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & id & step & walker;
    }
  };
  void choose_starts();
  void advance(std::size_t walker);
  void finish_step();
  void count_vain_draws();
  bool stands_still() const;
  std::vector<std::size_t> dead_walkers() const;
  void record();
  void diagnose();
  const State* find(const When& when) const;
  std::vector<double> to_cube(const std::vector<double>& x) const;
  double log_density(const State& state, std::size_t walker) const;

  SamplerContext context_;
  Chart chart_;
  std::size_t walkers_;
  Common common_;
  double fingerprint_;
  std::vector<std::size_t> starts_;      ///< [walkers] positions among the points of the earlier run, beyond their end for a draw from the prior; empty: all are
  std::vector<TaskId> next_;             ///< [walkers] the step that each does now
  std::vector<Move> moves_;              ///< [walkers]
  std::vector<std::vector<double>> memory_;
  TaskId oldest_ = 0;                    ///< first step of the history
  std::deque<std::vector<State>> history_;  ///< [steps kept][walkers], x empty where not done yet
  TaskId steps_ = 0;                     ///< done by all walkers
  std::vector<std::size_t> missing_;     ///< [steps from steps_ on] walkers that have not done it
  std::multimap<TaskId, std::size_t> waiting_;  ///< for the state of a task: walkers; or for all of a step (by its last task)
  std::map<TaskId, std::vector<double>> ready_, given_;
  std::vector<Stay> stays_;
  std::vector<TaskId> last_;             ///< [walkers] id of the last stay
  std::uint64_t thinning_ = 1;
  std::vector<std::vector<float>> draws_;  ///< [recorded steps][recorded walkers x dim]
  TaskId next_check_ = 0;
  double smallest_ess_ = 0.0, largest_r_hat_ = HUGE_VAL, longest_time_ = 0.0;
  std::uint64_t accepted_ = 0;
  std::uint64_t dead_ = 0;               ///< recorded walkers that had no likelihood above zero after the last step
  std::uint64_t vain_draws_ = 0;         ///< of dead walkers, since one last came to life
  std::vector<std::pair<TaskId, double>> r_hats_;  ///< at each check: steps, R-hat
  bool alive_ = false, gave_up_ = false, stuck_ = false;
  TaskId end_ = no_end;
};

}  // namespace umbra
