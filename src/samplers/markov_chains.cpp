#include "src/samplers/markov_chains.h"

#include <boost/serialization/deque.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/utility.hpp>

#include <algorithm>
#include <cmath>

#include "src/samplers/archive.h"
#include "src/samplers/box.h"

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
/// Steps that the diagnostics see at most.
constexpr std::size_t most_draws = 4000;

/// Points at the walls are taken to lie just within.
double logit(double u) {
  u = std::clamp(u, 0x1p-40, 1.0 - 0x1p-40);
  return std::log(u / (1.0 - u));
}
}  // namespace

MarkovChains::MarkovChains(const SamplerContext& context, Chart chart, std::size_t walkers, const Common& common, double fingerprint)
    : context_(context),
      chart_(chart),
      walkers_(walkers * common.ensembles),
      common_(common),
      fingerprint_(fingerprint),
      next_(walkers_, 0),
      moves_(walkers_),
      memory_(walkers_),
      last_(walkers_, no_end),
      next_check_(100) {}

void MarkovChains::start() {
  if (context_.start) choose_starts();
  for (std::size_t w = 0; w < walkers_; ++w) advance(w);
}

/// Each point has the key ln weight + Gumbel noise; the largest keys are a draw by weight without replacement (arXiv:1903.06059).
void MarkovChains::choose_starts() {
  const EarlierPoints& given = *context_.start;
  std::vector<std::pair<double, std::size_t>> keys;
  for (const std::size_t i : given.best_first) {
    const double weight = given.sample == EarlierPoints::Sample::posterior ? given.log_weight[i] : 0.0;
    RandomStream stream(context_.seed, Purpose::initialise, i);
    if (weight > -inf) keys.emplace_back(weight - std::log(stream.exponential()), i);
  }
  const std::size_t chosen = std::min(keys.size(), walkers_);
  std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(chosen), keys.end(), std::greater<>());
  starts_.assign(walkers_, given.size());
  for (std::size_t w = 0; w < chosen; ++w) starts_[w] = keys[w].second;
  RandomStream order(context_.seed, Purpose::initialise, given.size());
  for (std::size_t w = walkers_; w > 1; --w) std::swap(starts_[w - 1], starts_[order.index(w)]);
}

std::vector<double> MarkovChains::to_cube(const std::vector<double>& x) const {
  std::vector<double> u(x);
  const Box box(dim(), context_.periodic);
  for (std::size_t d = 0; d < u.size(); ++d) u[d] = chart_ == Chart::logit ? 1.0 / (1.0 + std::exp(-x[d])) : box.inside(x[d], d);
  return u;
}

double MarkovChains::log_density(const State& state, std::size_t walker) const {
  if (state.log_likelihood == -inf) return -inf;
  double jacobian = 0.0;
  if (chart_ == Chart::logit)
    for (const double x : state.x) jacobian -= std::abs(x) + 2.0 * std::log1p(std::exp(-std::abs(x)));
  return inverse_temperature(walker) * state.log_likelihood + jacobian;
}

const MarkovChains::State* MarkovChains::find(const When& when) const {
  if (when.step < oldest_ || when.step - oldest_ >= history_.size()) return nullptr;
  const State& state = history_[when.step - oldest_][when.walker];
  return state.x.empty() ? nullptr : &state;
}

/// Makes the walker's next task, or notes what it waits for.
void MarkovChains::advance(std::size_t walker) {
  const TaskId step = next_[walker], id = step * walkers_ + walker;
  if (step >= steps_ + common_.look_ahead) {
    waiting_.emplace((step - common_.look_ahead + 1) * walkers_ - 1, walker);
    return;
  }
  RandomStream stream(context_.seed, Purpose::propose, id);
  Move& move = moves_[walker];
  move.log_factor = 0.0;
  bool fresh = step == 0;
  if (!fresh) {
    RandomStream choice(context_.seed, Purpose::select, id);
    std::vector<const State*> states;
    for (const When& when : partners(step, walker, choice)) {
      states.push_back(find(when));
      if (!states.back()) {
        waiting_.emplace(when.step * walkers_ + when.walker, walker);
        return;
      }
    }
    move.from = *find({walker, step - 1});
    propose(step, walker, states, stream, move);
    fresh = move.from.log_likelihood == -inf;
  } else {
    move.from = State{};
  }
  if (fresh) {
    move.log_factor = 0.0;
    move.x.resize(dim());
    stream.fill_uniform(move.x);
    if (step == 0 && !starts_.empty() && starts_[walker] < context_.start->size()) std::ranges::copy(context_.start->point(starts_[walker]), move.x.begin());
    if (chart_ == Chart::logit)
      for (double& x : move.x) x = logit(x);
  }
  std::vector<double> u = to_cube(move.x);
  if (chart_ == Chart::cube) move.x = u;
  ready_.emplace(id, std::move(u));
}

std::vector<Task> MarkovChains::ask(std::size_t max) {
  std::vector<Task> tasks;
  if (done()) return tasks;
  while (tasks.size() < max && !ready_.empty()) {
    auto node = ready_.extract(ready_.begin());
    tasks.push_back({TaskKind::point, node.key(), pack(node.mapped())});
    given_.insert(std::move(node));
  }
  return tasks;
}

void MarkovChains::tell(const Outcome& outcome) {
  if (done()) return;
  if (given_.erase(outcome.id) == 0) ready_.erase(outcome.id);
  const std::size_t walker = outcome.id % walkers_;
  const TaskId step = outcome.id / walkers_;
  Move& move = moves_[walker];
  State state{move.x, PointResult(outcome, dim()).rank_value(), outcome.id};
  double probability = 0.0;
  if (state.log_likelihood > -inf) {
    const double difference = log_density(state, walker) - log_density(move.from, walker) + move.log_factor;
    probability = move.from.log_likelihood == -inf ? 1.0 : std::min(1.0, std::exp(difference));
  }
  const bool accept = step == 0 || RandomStream(context_.seed, Purpose::auxiliary, outcome.id).uniform() < probability;
  const bool was_fresh = move.from.log_likelihood == -inf;
  if (!accept) state = move.from.x.empty() ? state : std::move(move.from);
  if (!was_fresh) learn(step, walker, state, probability);

  while (step - oldest_ >= history_.size()) history_.emplace_back(walkers_);
  while (step - steps_ >= missing_.size()) missing_.push_back(walkers_);
  history_[step - oldest_][walker] = std::move(state);
  --missing_[step - steps_];
  accepted_ += accept;
  next_[walker] = step + 1;

  const auto wake = [&](TaskId what) {
    std::vector<std::size_t> walkers;
    const auto [first, last] = waiting_.equal_range(what);
    for (auto it = first; it != last; ++it) walkers.push_back(it->second);
    waiting_.erase(first, last);
    for (const std::size_t w : walkers) advance(w);
  };
  advance(walker);
  wake(outcome.id);
  while (!missing_.empty() && missing_.front() == 0 && !done()) {
    missing_.erase(missing_.begin());
    finish_step();
    wake(steps_ * walkers_ - 1);
  }
}

/// All walkers have done step `steps_`.
void MarkovChains::finish_step() {
  record();
  count_vain_draws();
  ++steps_;
  while (oldest_ + 1 < steps_) history_.pop_front(), ++oldest_;
  gave_up_ = vain_draws_ >= common_.patience;
  if (gave_up_) end_ = steps_ * walkers_;
  if (steps_ < next_check_) return;
  next_check_ = steps_ + std::max<TaskId>(50, steps_ / 5);
  diagnose();
  r_hats_.emplace_back(steps_, largest_r_hat_);
  if (alive_ && dead_ == 0 && smallest_ess_ >= common_.effective_samples && largest_r_hat_ <= common_.r_hat) end_ = steps_ * walkers_;
  else if (stands_still()) stuck_ = true, end_ = steps_ * walkers_;
}

/// A recorded walker that has a likelihood above zero keeps one; the others have just drawn from the prior.
void MarkovChains::count_vain_draws() {
  const std::uint64_t dead = dead_walkers().size();
  vain_draws_ = dead < dead_ ? 0 : vain_draws_ + (alive_ ? dead : walkers_);
  dead_ = dead;
}

/// R-hat - 1 falls like 1 / steps where chains mix. Where it does not even halve while steps double three times, waiting does not help.
bool MarkovChains::stands_still() const {
  if (!alive_ || steps_ * walkers_ < 10 * common_.patience || steps_ < 8 * r_hats_.front().first || largest_r_hat_ <= common_.r_hat) return false;
  const auto median = [this](TaskId from, TaskId to) {
    std::vector<double> values;
    for (const auto& [steps, r_hat] : r_hats_)
      if (steps >= from && steps <= to) values.push_back(r_hat);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  return median(steps_ / 2, steps_) - 1.0 > 0.5 * (median(steps_ / 8, steps_ / 4) - 1.0);
}

/// Recorded walkers that have no likelihood above zero yet.
std::vector<std::size_t> MarkovChains::dead_walkers() const {
  std::vector<std::size_t> dead;
  for (std::size_t w = 0; w < walkers_; ++w)
    if (recorded(w) && last_[w] == no_end) dead.push_back(w);
  return dead;
}

void MarkovChains::record() {
  const std::vector<State>& states = history_[steps_ - oldest_];
  std::vector<float> row;
  const bool keep = steps_ % thinning_ == 0;
  for (std::size_t w = 0; w < walkers_; ++w) {
    if (!recorded(w)) continue;
    alive_ |= states[w].log_likelihood > -inf;
    const TaskId id = states[w].log_likelihood > -inf ? states[w].id : no_end;
    if (id != last_[w]) {
      stays_.push_back({id, steps_, static_cast<std::uint32_t>(w)});
      last_[w] = id;
    }
    if (keep) row.insert(row.end(), states[w].x.begin(), states[w].x.end());
  }
  if (!keep) return;
  draws_.push_back(std::move(row));
  if (draws_.size() < most_draws) return;
  for (std::size_t i = 1; 2 * i < draws_.size(); ++i) draws_[i] = std::move(draws_[2 * i]);
  draws_.resize((draws_.size() + 1) / 2);
  thinning_ *= 2;
}

void MarkovChains::diagnose() {
  const auto first = static_cast<std::size_t>(common_.burn_in * static_cast<double>(draws_.size()));
  const std::size_t recorded_walkers = draws_.front().size() / dim(), per_ensemble = recorded_walkers / common_.ensembles;
  // Living walkers of each ensemble, as many of each, so that its draws are as many; ensembles without are left out.
  std::vector<std::vector<std::size_t>> living;
  const std::vector<std::size_t> dead = dead_walkers();
  std::size_t place = 0, most = per_ensemble;
  for (std::size_t w = 0; w < walkers_; ++w) {
    if (!recorded(w)) continue;
    if (place % per_ensemble == 0) living.emplace_back();
    if (!std::binary_search(dead.begin(), dead.end(), w)) living.back().push_back(place);
    ++place;
  }
  std::erase_if(living, [](const auto& ensemble) { return ensemble.empty(); });
  for (const auto& ensemble : living) most = std::min(most, ensemble.size());
  smallest_ess_ = living.empty() ? 0.0 : inf, largest_r_hat_ = living.size() < 2 ? inf : 1.0, longest_time_ = living.empty() ? inf : 0.0;
  for (std::size_t d = 0; d < dim() && !living.empty(); ++d) {
    ChainDraws walkers, ensembles(living.size());
    for (std::size_t e = 0; e < living.size(); ++e) {
      const std::size_t before = walkers.size();
      walkers.resize(before + living[e].size());
      for (std::size_t i = first; i < draws_.size(); ++i)
        for (std::size_t k = 0; k < living[e].size(); ++k) {
          const double x = draws_[i][living[e][k] * dim() + d];
          walkers[before + k].push_back(x);
          if (k < most) ensembles[e].push_back(x);
        }
    }
    smallest_ess_ = std::min(smallest_ess_, effective_sample_size(walkers));
    if (ensembles.size() > 1) largest_r_hat_ = std::max(largest_r_hat_, split_r_hat(ensembles));
    longest_time_ = std::max(longest_time_, autocorrelation_time(walkers) * static_cast<double>(thinning_));
  }
}

SamplerResult MarkovChains::result() const {
  SamplerResult result;
  const auto first = static_cast<TaskId>(common_.burn_in * static_cast<double>(steps_));
  std::map<TaskId, double> counts;
  std::vector<TaskId> until(walkers_, steps_);
  for (std::size_t i = stays_.size(); i-- > 0;) {
    const Stay& stay = stays_[i];
    const TaskId from = std::max(stay.step, first);
    if (from < until[stay.walker] && stay.id != no_end) counts[stay.id] += static_cast<double>(until[stay.walker] - from);
    until[stay.walker] = stay.step;
  }
  double total = 0.0;
  for (const auto& [id, count] : counts) total += count;
  for (const auto& [id, count] : counts) {
    result.ids.push_back(id);
    result.log_weight.push_back(std::log(count / total));
  }
  draw_equal_weights(result, context_.seed);
  result.numbers = {{"effective_samples", smallest_ess_},
                    {"r_hat", largest_r_hat_},
                    {"autocorrelation_time", longest_time_},
                    {"acceptance", steps_ > 0 ? static_cast<double>(accepted_) / static_cast<double>(steps_ * walkers_) : 0.0},
                    {"burn_in_steps", static_cast<double>(first)},
                    {"steps", static_cast<double>(steps_)}};
  if (alive_ && dead_ > 0)
    result.warnings.push_back(fmt::format("{} walkers found no likelihood above zero and are left out{}: the posterior is that of the others, which may be a part of it; start from points that are "
                                          "allowed (start: {{from: RUN}}), or run longer (patience)",
                                          dead_, gave_up_ ? fmt::format(" (stopped after {} draws from the prior in a row without one)", vain_draws_) : ""));
  if (!alive_) result.warnings.push_back(nothing_found(steps_ * walkers_));
  else if (stuck_)
    result.warnings.push_back(fmt::format("stopped because the ensembles sit in different modes (R-hat {:.3f} has not halved its distance from 1 while the steps doubled three times): the shares of the modes are not to be "
                                          "trusted; use parallel_tempering, or nested", largest_r_hat_));
  else if (!(largest_r_hat_ <= common_.r_hat))
    result.warnings.push_back(fmt::format("the ensembles do not agree (R-hat {:.3f}, {} is asked for): the posterior is not to be trusted yet, run longer", largest_r_hat_, common_.r_hat));
  else if (smallest_ess_ < common_.effective_samples)
    result.warnings.push_back(fmt::format("{:.0f} effective samples are fewer than the {:.0f} asked for, run longer", smallest_ess_, common_.effective_samples));
  return result;
}

#define UMBRA_CHAIN_STATE \
  next_, moves_, memory_, oldest_, history_, steps_, missing_, waiting_, ready_, given_, stays_, last_, thinning_, draws_, next_check_, smallest_ess_, largest_r_hat_, \
      longest_time_, accepted_, dead_, vain_draws_, r_hats_, alive_, gave_up_, stuck_, end_

void MarkovChains::save(std::ostream& out) const { save_archive(out, context_.dim, walkers_, common_.ensembles, common_.look_ahead, fingerprint_, UMBRA_CHAIN_STATE); }

void MarkovChains::load(std::istream& in) {
  std::size_t dim = 0, walkers = 0, ensembles = 0, look_ahead = 0;
  double fingerprint = 0.0;
  load_archive(in, dim, walkers, ensembles, look_ahead, fingerprint, UMBRA_CHAIN_STATE);
  VALIDATE(dim == context_.dim && walkers == walkers_ && ensembles == common_.ensembles && look_ahead == common_.look_ahead && fingerprint == fingerprint_,
           "the saved state is of {} walkers in {} ensembles and {} dimensions (it does not fit the job's options), restore these", walkers, ensembles, dim);
  ready_.merge(given_);
}

}  // namespace umbra
