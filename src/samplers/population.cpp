#include "src/samplers/population.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/samplers/archive.h"

namespace umbra {
namespace {

// A slot that is further ahead than this learns from next to nothing, and its history fills the memory.
constexpr std::uint64_t max_depth = 10000;

}  // namespace

Population::Population(const SamplerContext& context, const Layout& layout)
    : context_(context),
      box_(context.dim, context.periodic),
      layout_(layout),
      depth_(depth_of(layout)),
      reach_((layout.look_ahead + 2 * layout.slots - 2) / layout.slots),
      folded_(layout.slots, 0),
      examined_(layout.slots, 0),
      at_oldest_(layout.slots),
      capacity_(std::bit_ceil(reach_ + 2)),
      states_(layout.slots * capacity_ * layout.state),
      trials_(layout.slots * depth_ * trial_size()),
      values_(layout.slots * depth_),
      marks_(layout.slots * depth_, Trial::none),
      waiting_(layout.slots),
      partners_(layout.partners),
      partner_states_(layout.partners) {
  if (context.start) start_ = context.start->best(layout.slots);
  for (std::size_t d = 0; d < dim(); ++d) {
    RandomStream keys(context.seed, Purpose::initialise, d);
    start_slice_.emplace_back(layout.slots, keys);
  }
  for (Slot s = 0; s < layout.slots; ++s) examine(s);
}

Population::Generation Population::depth_of(const Layout& layout) {
  EXPECT(layout.slots >= 1 && layout.look_ahead >= 1);
  VALIDATE(layout.look_ahead <= max_depth * layout.slots, "look_ahead: {} is more than {} generations of {} (which would learn from next to nothing), take at most {}", layout.look_ahead, max_depth,
           layout.slots, max_depth * layout.slots);
  return (layout.look_ahead + layout.slots - 1) / layout.slots;
}

void Population::draw_partners(RandomStream& stream, Slot own, std::span<Slot> others) const {
  const std::size_t enough = std::min(others.size(), slots() - 1);
  for (std::size_t i = 0; i < others.size(); ++i) {
    bool again = true;
    while (again) {
      others[i] = static_cast<Slot>(stream.index(slots()));
      again = i < enough && (others[i] == own || std::find(others.begin(), others.begin() + i, others[i]) != others.begin() + i);
    }
  }
}

Population::Generation Population::read_generation(TaskId id, Slot slot) const {
  return id < layout_.look_ahead + slot ? 0 : (id - layout_.look_ahead - slot) / slots();
}

/// Marks tasks of the slot as ready up to the first that has to wait, and leaves its slot with the one it waits for.
void Population::examine(Slot slot) {
  for (;; ++examined_[slot]) {
    const Generation g = examined_[slot];
    const TaskId id = g * slots() + slot;
    if (g > 0) {
      if (folded_[slot] <= read_generation(id, slot)) return waiting_[slot].push_back(slot);
      RandomStream stream(context_.seed, Purpose::select, id);
      draw_partners(stream, slot, partners_);
      for (Slot other : partners_)
        if (folded_[other] <= read_generation(id, other)) return waiting_[other].push_back(slot);
    }
    if (marks_[trial_index(slot, g)] != Trial::told) ready_.push(id);
  }
}

std::vector<Task> Population::ask(std::size_t max) {
  std::vector<Task> tasks;
  tasks.reserve(std::min(max, ready_.size()));
  for (; tasks.size() < max && !ready_.empty(); ready_.pop()) {
    const TaskId id = ready_.top();
    const Generation g = id / slots();
    const auto slot = static_cast<Slot>(id % slots());
    const std::span<double> made(trial(slot, g), trial_size());
    RandomStream stream(context_.seed, Purpose::propose, id);
    if (g == 0) {
      for (std::size_t d = 0; d < dim(); ++d) made[d] = (static_cast<double>(start_slice_[d](slot)) + stream.uniform()) / static_cast<double>(slots());
      if (slot < start_.size()) std::copy(start_[slot].begin(), start_[slot].end(), made.begin());
      begin(stream, made);
    } else {
      RandomStream select(context_.seed, Purpose::select, id);
      draw_partners(select, slot, partners_);
      for (std::size_t i = 0; i < partners_.size(); ++i) partner_states_[i] = state(partners_[i], read_generation(id, partners_[i]));
      propose(stream, g, state(slot, read_generation(id, slot)), partner_states_, made);
    }
    marks_[trial_index(slot, g)] = Trial::given;
    tasks.push_back({TaskKind::point, id, pack(made.first(dim()))});
  }
  return tasks;
}

void Population::tell(const Outcome& outcome) {
  const auto slot = static_cast<Slot>(outcome.id % slots());
  const Generation g = outcome.id / slots();
  const std::size_t t = trial_index(slot, g);
  EXPECT(g >= folded_[slot] && g < folded_[slot] + depth_ && marks_[t] == Trial::given);
  values_[t] = PointResult(outcome, dim()).rank_value();
  marks_[t] = Trial::told;
  while (marks_[trial_index(slot, folded_[slot])] == Trial::told) fold(slot);
}

void Population::fold(Slot slot) {
  const Generation g = folded_[slot];
  make_room(g);
  const std::size_t t = trial_index(slot, g);
  double* made = &states_[(slot * capacity_ + g % capacity_) * layout_.state];
  if (g > 0) std::copy_n(state(slot, g - 1), layout_.state, made);
  accept(g, {trial(slot, g), trial_size()}, values_[t], {made, layout_.state});
  marks_[t] = Trial::none;
  ++folded_[slot];
  if (g == oldest_ && --at_oldest_ == 0) {
    ++oldest_;
    at_oldest_ = static_cast<std::size_t>(std::count(folded_.begin(), folded_.end(), oldest_));
  }
  woken_.swap(waiting_[slot]);
  for (Slot s : woken_) examine(s);
  woken_.clear();
}

/// The history reaches from what the slowest slot's task may read to the newest state; doubles where that is more than it holds.
void Population::make_room(Generation newest) {
  const Generation first = oldest_ > reach_ ? oldest_ - reach_ : 0;
  if (newest - first < capacity_) return;
  const std::size_t wider = capacity_ * 2;
  std::vector<double> states(slots() * wider * layout_.state);
  for (Slot s = 0; s < slots(); ++s)
    for (Generation g = first; g < folded_[s]; ++g)
      if (folded_[s] - g <= capacity_) std::copy_n(state(s, g), layout_.state, &states[(s * wider + g % wider) * layout_.state]);
  states_ = std::move(states);
  capacity_ = wider;
}

void Population::save(std::ostream& out) const {
  std::vector<unsigned char> told(marks_.size());
  std::transform(marks_.begin(), marks_.end(), told.begin(), [](Trial mark) { return mark == Trial::told; });
  save_archive(out, context_.dim, layout_.slots, layout_.state, layout_.extras, layout_.look_ahead, folded_, capacity_, states_, trials_, values_, told, plan());
}

void Population::load(std::istream& in) {
  std::size_t dim = 0;
  Layout saved;
  std::vector<unsigned char> told;
  std::vector<Generation> folded;
  std::vector<double> states, trials, values;
  std::size_t capacity = 0;
  std::uint64_t plan = 0;
  load_archive(in, dim, saved.slots, saved.state, saved.extras, saved.look_ahead, folded, capacity, states, trials, values, told, plan);
  VALIDATE(dim == this->dim() && saved.slots == slots() && saved.state == layout_.state && saved.extras == layout_.extras && saved.look_ahead == layout_.look_ahead,
           "the saved state has a population of {} with look_ahead {} in {} dimensions, this sampler {} with {} in {} (or another variant): use the options that the state was made with",
           saved.slots, saved.look_ahead, dim, slots(), layout_.look_ahead, this->dim());
  VALIDATE(folded.size() == slots() && std::has_single_bit(capacity) && states.size() == slots() * capacity * layout_.state && trials.size() == trials_.size() &&
               values.size() == values_.size() && told.size() == marks_.size(),
           "the sampler's saved state is damaged (its parts do not fit together), start from the points told instead");
  set_plan(plan);
  folded_ = std::move(folded);
  capacity_ = capacity;
  states_ = std::move(states);
  trials_ = std::move(trials);
  values_ = std::move(values);
  std::transform(told.begin(), told.end(), marks_.begin(), [](unsigned char t) { return t ? Trial::told : Trial::none; });
  examined_ = folded_;
  oldest_ = *std::min_element(folded_.begin(), folded_.end());
  at_oldest_ = static_cast<std::size_t>(std::count(folded_.begin(), folded_.end(), oldest_));
  ready_ = {};
  for (auto& list : waiting_) list.clear();
  for (Slot s = 0; s < slots(); ++s) examine(s);
}

}  // namespace umbra
