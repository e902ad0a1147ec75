#pragma once
// What all population methods share: who may read whose state, when a task is ready, and how far the history goes back.

#include <cstdint>
#include <functional>
#include <queue>
#include <span>

#include "src/samplers/box.h"
#include "src/samplers/permutation.h"
#include "src/samplers/sampler.h"

namespace umbra {

/// N slots, each of which goes through generations; task id = generation x N + slot. A slot's state after a generation is `state` numbers.
///
/// Task k of slot s reads its own slot and the `partners` that its stream draws, each in the newest state whose task id is at most
/// k - look_ahead (generation 0 at least). It is ready as soon as these are told, however slow all other slots are. So
///  - look_ahead = 1: every task uses the newest information there can be, and few may run at a time;
///  - look_ahead = N: the classical scheme of generations;
///  - look_ahead > N: a slot has ceil(look_ahead / N) tasks in flight, made from older states; their outcomes are taken in id order.
/// At most N x ceil(look_ahead / N) tasks are in flight. Under log-normal durations of sigma 1, 64 ranks are busy to .95 with 50 slots and
/// look_ahead = 1024, or with 400 slots and look_ahead = 400; 16 times the ranks as look_ahead costs fewer evaluations (bench/README.md).
///
/// More than 10,000 generations are refused. The first generation is a Latin hypercube. Points to start from take its first slots, best first, as far as there are slots, and points with a likelihood
/// above zero in different places; they are evaluated again, for this job's likelihood may be another. An evaluation that failed compares as worse than any value.
/// Memory: N x (spread of generations between the fastest and the slowest slot + look_ahead / N) states; it does not grow with the run.
class Population : public Sampler {
 public:
  using Slot = std::uint32_t;

  std::vector<Task> ask(std::size_t max) final;
  void tell(const Outcome& outcome) final;
  void save(std::ostream& out) const final;
  void load(std::istream& in) final;

 protected:
  struct Layout {
    std::size_t slots = 0;
    std::size_t partners = 0;      ///< how many slots a task reads beside its own
    std::size_t extras = 0;        ///< numbers of a trial beside its u [dim]
    std::size_t state = 0;         ///< numbers of a slot's state
    std::uint64_t look_ahead = 1;  ///< tasks, at least 1
  };
  Population(const SamplerContext& context, const Layout& layout);

  /// Which slots the task reads: `others` [partners]. The default draws distinct slots other than its own, as far as there are enough.
  virtual void draw_partners(RandomStream& stream, Slot own, std::span<Slot> others) const;
  /// The extras of a trial of generation 0, whose u is set already.
  virtual void begin(RandomStream& stream, std::span<double> trial) const = 0;
  /// Makes the trial [dim + extras], u in [0, 1], from own state and the partners' states.
  virtual void propose(RandomStream& stream, TaskId generation, const double* own, std::span<const double* const> partners, std::span<double> trial) const = 0;
  /// Takes a trial's value (-inf where it failed) into the state of its slot. generation 0: the state is to be made from nothing.
  virtual void accept(TaskId generation, std::span<const double> trial, double value, std::span<double> state) const = 0;

  /// A number of the method that followed from `stop: {evaluations}` when the campaign began: an extended campaign goes on with it.
  virtual std::uint64_t plan() const { return 0; }
  /// Throws UserError where the job says another one.
  virtual void set_plan(std::uint64_t) {}

  const Box& box() const { return box_; }
  std::size_t dim() const { return box_.dim(); }
  std::size_t slots() const { return layout_.slots; }
  const SamplerContext& context() const { return context_; }

 private:
  using Generation = std::uint64_t;
  enum class Trial : unsigned char { none, given, told };

  static Generation depth_of(const Layout& layout);
  std::size_t trial_size() const { return dim() + layout_.extras; }
  /// The generation in which `id` reads a slot, for generations above 0.
  Generation read_generation(TaskId id, Slot slot) const;
  const double* state(Slot slot, Generation g) const { return &states_[(slot * capacity_ + g % capacity_) * layout_.state]; }
  double* trial(Slot slot, Generation g) { return &trials_[(slot * depth_ + g % depth_) * trial_size()]; }
  std::size_t trial_index(Slot slot, Generation g) const { return slot * depth_ + g % depth_; }
  void examine(Slot slot);
  void fold(Slot slot);
  void make_room(Generation newest);

  SamplerContext context_;
  Box box_;
  Layout layout_;
  Generation depth_;  ///< generations of one slot that may be in flight
  Generation reach_;  ///< a task of generation g reads no generation below g - reach_
  std::vector<KeyedPermutation> start_slice_;  ///< [dim]
  std::vector<std::vector<double>> start_;     ///< of the first slots

  std::vector<Generation> folded_;    ///< [slots] generations whose outcome is in the state
  std::vector<Generation> examined_;  ///< [slots] the next generation to become ready
  Generation oldest_ = 0;             ///< min of folded_
  std::size_t at_oldest_;             ///< slots with folded_ == oldest_
  std::size_t capacity_;              ///< generations of history in states_, a power of 2
  std::vector<double> states_;        ///< [slots x capacity_ x state]
  std::vector<double> trials_;        ///< [slots x depth_ x (dim + extras)]
  std::vector<double> values_;        ///< [slots x depth_]
  std::vector<Trial> marks_;          ///< [slots x depth_]
  std::vector<std::vector<Slot>> waiting_;  ///< [slots] whose next task waits for this slot
  std::priority_queue<TaskId, std::vector<TaskId>, std::greater<>> ready_;
  std::vector<Slot> partners_;              // scratch
  std::vector<const double*> partner_states_;
  std::vector<Slot> woken_;
};

}  // namespace umbra
