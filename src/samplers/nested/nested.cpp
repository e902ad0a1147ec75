// Nested sampling (Skilling, doi:10.1214/06-BA127): evidence and posterior.

#include <boost/serialization/deque.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/shared_ptr.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>

#include "src/samplers/archive.h"
#include "src/samplers/nested/live_points.h"
#include "src/samplers/nested/slice_chain.h"
#include "src/samplers/sampler.h"

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

/// Slice moves for each dimension, and the mean jump rank below which there are more of them. Independent points have 1/2, and .45 is reached
/// where contours are convex; a valley that takes the chains many moves to follow has .15 to .3, and ln Z is then low by several errors.
constexpr unsigned least_moves = 4;
constexpr unsigned most_moves = 40;
constexpr double least_jump = 0.40;
/// Below this, a run says so.
constexpr double weak_jump = 0.25;
/// Local evidences in the summary.
constexpr std::size_t most_modes = 20;

/// Live points climb in likelihood: the lowest dies, and a new one is drawn uniformly from where the likelihood is higher, by rejection from a
/// region (`regions`: few dimensions) or by a chain of slice moves from a live point (`slice`: 10 and more; before that, draws from the prior as
/// long as these are cheaper).
///
/// What is evaluated does not depend on the order in which outcomes arrive. Ids are step x chains + chain: a chain asks for one
/// evaluation at a time, and its moves depend on its own outcomes alone (a draw from a region is a chain of one evaluation). Chains that end
/// give a candidate; candidates are taken in the order of ids, so that run times that depend on the likelihood give no bias; one is
/// accepted where it lies above the contour of that moment, which leaves it uniform within. A chain that begins with task k begins from the
/// state after all outcomes up to k - lag, where the lag is `look_ahead` for regions and 16 times that for slices (whose starting points
/// age slowly, so that no chain waits for another's slow evaluation).
///
/// The insertion test sees regions that are too small and chains that end too high or too low, but not chains that hardly leave their parent, which
/// lose the parts of a contour whose share grows. Their jump rank does: the rank of a chain's end among the live points of its mode, by distance
/// from the chain's start (cf. the relative jump distance of arXiv:2402.11936). Unless `moves` are given, the number of moves grows while
/// its mean is low; the least mean of a run is in the summary, with a warning.
///
/// Points of an earlier run can only stand in for the first draws from the prior, and only where they are all the draws of a run of `random`: the live points are
/// then those of them that have a likelihood above zero. Any other points would have to be weighed as proposals, of a density that nobody knows.
///
/// Points that fail are never live. Unphysical points, skipped points and ln L = -inf count as likelihood zero, and so does any other
/// failure, whose prior share is reported. The live points are those draws from the prior that have a likelihood above zero; its share of the
/// prior multiplies the evidence. A plateau dies at once, without being replaced meanwhile (arXiv:2010.13884). A run ends where what
/// the live points still disagree about, the standard deviation of their likelihoods times their volume, is below `remaining_evidence` of
/// the evidence; where all of them have the same likelihood; or where `patience` candidates in a row were not accepted. The live points
/// then stand for what is left.
class Nested : public Sampler {
 public:
  struct Options {
    std::size_t live_points = 500;
    std::size_t bulk_live_points = 0;
    std::string inner = "auto";
    unsigned moves = 0;
    std::size_t look_ahead = 64;
    double remaining_evidence = 0.01;
    std::uint64_t patience = 20000;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("live_points", &Options::live_points, "number of live points: the error on ln Z falls with its square root", between(2, 1e7))
        .add("bulk_live_points", &Options::bulk_live_points, "number of live points while the bulk of the posterior is crossed (dynamic nested sampling); 0: the same", between(0, 1e7))
        .add("inner", &Options::inner, "how new points are drawn; auto: regions to 10 dimensions as long as they are cheaper than slice chains; slice chains above", one_of({"auto", "regions", "slice"}))
        .add("moves", &Options::moves, "slice moves between a live point and its child; 0: 4 to 40 times the number of dimensions, more where chains stay near where they begin", between(0, 100000))
        .add("look_ahead", &Options::look_ahead, "tasks that may run at once: the number of slice chains, or how many draws a region is old", between(1, 1e6))
        .add("remaining_evidence", &Options::remaining_evidence, "stop where the standard deviation of the live points' likelihoods times their volume is below this share of the evidence", stop_criterion(between(0, 1)))
        .add("patience", &Options::patience, "stop after so many candidates in a row that are not accepted", stop_criterion(at_least(1)));
  }

  Nested(const Options& options, const SamplerContext& context)
      : options_(options),
        context_(context),
        slices_(options.inner == "slice" || (options.inner == "auto" && context.dim > 10)),
        moves_(options.moves > 0 ? options.moves : least_moves * static_cast<unsigned>(context.dim)),
        lag_(options.look_ahead * (slices_ ? 16 : 1)),
        live_(context.dim),
        region_(std::make_shared<Region>(context.dim)),
        chains_(options.look_ahead) {
    const std::size_t least = 2 * (context.dim + 3);
    VALIDATE(options.live_points >= least,
             "{} live points are too few for {} dimensions (the contours' shape cannot be learnt from them), use at least {}, better 25 per dimension",
             options.live_points, context.dim, least);
    VALIDATE(options.bulk_live_points == 0 || options.bulk_live_points >= options.live_points,
             "bulk_live_points {} is below live_points {} (the number of live points only grows), leave it out or raise it", options.bulk_live_points,
             options.live_points);
    VALIDATE(!context.start || context.start->all_prior_draws(),
             "it can start only from all draws from the prior of an unfiltered run of sampler random with the same parameters (places that another method went to would bias ln Z): take "
             "'start' out, or use such a run");
    for (std::size_t k = 0; k < lag_; ++k) tickets_.push_back({region_, {}, -inf, {}, 0});
    for (std::size_t c = 0; c < chains_.size(); ++c) go_on(c);
  }

  std::vector<Task> ask(std::size_t max) override {
    std::vector<Task> tasks;
    if (done()) return tasks;
    while (tasks.size() < max && !ready_.empty()) {
      auto node = ready_.extract(ready_.begin());
      tasks.push_back({TaskKind::point, node.key(), pack(node.mapped())});
      given_.insert(std::move(node));
    }
    return tasks;
  }

  void tell(const Outcome& outcome) override {
    if (done()) return;
    auto node = given_.extract(outcome.id);
    if (node.empty()) node = ready_.extract(outcome.id);
    EXPECT(!node.empty());
    const PointResult point(outcome, context_.dim);
    const bool usable = point.usable() && point.log_likelihood > -inf;
    Event& event = event_at(outcome.id);
    event.told = true;
    event.status = point.status;
    Chain& chain = chains_[outcome.id % chains_.size()];
    chain.next = outcome.id + chains_.size();
    if (!chain.slicing) {
      event.candidate = event.draw = true;
      event.positive = usable;
      if (usable) event.point = {outcome.id, point.log_likelihood, -inf}, event.u = node.mapped();
    } else {
      chain.slice.tell(outcome.id, usable ? point.log_likelihood : std::nan(""));
    }
    go_on(outcome.id % chains_.size());
    while (!events_.empty() && events_.front().told && !done()) accept();
  }

  TaskId end() const override { return end_; }
  bool done() const override { return end_ != no_end; }
  bool stops_by_itself() const override { return true; }

  void save(std::ostream& out) const override {
    save_archive(out, context_.dim, options_.live_points, options_.look_ahead, options_.moves, slices_, live_, dead_, region_, tickets_, chains_, events_, ready_, given_, accepted_,
                 end_, stop_, filled_, contour_, log_x_, log_z_, bulk_, kills_since_build_, kills_since_check_, in_row_, counts_, ranks_, dead_mode_, moves_, near_, shapes_,
                 jumps_, jump_ranks_);
  }
  void load(std::istream& in) override {
    std::size_t dim = 0, live_points = 0, look_ahead = 0;
    unsigned moves = 0;
    bool slices = false;
    Nested state(options_, context_);
    load_archive(in, dim, live_points, look_ahead, moves, slices, state.live_, state.dead_, state.region_, state.tickets_, state.chains_, state.events_, state.ready_,
                 state.given_, state.accepted_, state.end_, state.stop_, state.filled_, state.contour_, state.log_x_, state.log_z_, state.bulk_,
                 state.kills_since_build_, state.kills_since_check_, state.in_row_, state.counts_, state.ranks_, state.dead_mode_, state.moves_,
                 state.near_, state.shapes_, state.jumps_, state.jump_ranks_);
    VALIDATE(dim == context_.dim && live_points == options_.live_points && look_ahead == options_.look_ahead && moves == options_.moves && slices == slices_,
             "the saved state is of nested sampling in {} dimensions with {} live points, look_ahead {} and {} moves (it does not fit the job), restore these options", dim,
             live_points, look_ahead, moves);
    state.ready_.merge(state.given_);
    *this = std::move(state);
  }

  SamplerResult result() const override;

 private:
  /// What a chain begins with: a place within the contour, or a draw from the region where there is none.
  struct Ticket {
    std::shared_ptr<const Region> region;
    std::vector<double> start;
    double contour = -inf;
    std::shared_ptr<const Neighbourhoods> near = {};
    unsigned moves = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & region & start & contour & near & moves;
    }
  };
  struct Chain {
    TaskId next = 0;
    bool slicing = false, waiting = false, started = false;
    SliceChain slice;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & next & slicing & waiting & started & slice;
    }
  };
  /// What an outcome means to the live points, until its turn comes.
  struct Event {
    bool told = false, candidate = false, draw = false, positive = false;
    Status status = Status::ok;
    NestedPoint point;
    std::vector<double> u;
    std::vector<double> parent;  ///< where the chain began, if it was one
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & told & candidate & draw & positive & status & point & u & parent;
    }
  };
  enum class Stop { none, evidence, plateau, patience };
  struct Counts {
    std::uint64_t prior = 0, positive = 0, physical = 0, prior_failed = 0, failed = 0, candidates = 0, accepted = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & prior & positive & physical & prior_failed & failed & candidates & accepted;
    }
  };

  Event& event_at(TaskId id) {
    const std::size_t i = id - accepted_;
    if (i >= events_.size()) events_.resize(i + 1);
    return events_[i];
  }

  void ready(Chain& chain, std::vector<double> u) {
    chain.waiting = false;
    ready_.emplace(chain.next, std::move(u));
  }

  /// The chain's next task, if it is known already.
  void go_on(std::size_t c) {
    Chain& chain = chains_[c];
    if (!chain.started) chain.started = true, chain.next = c;
    std::vector<double> u(context_.dim);
    if (chain.slicing && !chain.waiting) {
      if (chain.slice.propose(RandomStream(context_.seed, Purpose::propose, chain.next), u)) return ready(chain, std::move(u));
      Event& event = event_at(chain.next - chains_.size());
      event.candidate = true;
      event.positive = chain.slice.moved();
      event.point = {chain.slice.id(), chain.slice.log_likelihood(), chain.slice.contour()};
      if (event.positive) event.u = chain.slice.u(), event.parent = chain.slice.start();
    }
    chain.waiting = chain.next >= accepted_ + lag_;
    if (chain.waiting) return;
    const Ticket& ticket = tickets_[chain.next - accepted_];
    RandomStream stream(context_.seed, Purpose::propose, chain.next, 1);
    chain.slicing = !ticket.start.empty();
    if (chain.slicing) {
      chain.slice = SliceChain(ticket.region, ticket.near, ticket.start, ticket.contour, static_cast<unsigned>(context_.dim), ticket.moves);
      if (chain.slice.propose(stream, u)) return ready(chain, std::move(u));
      chain.slicing = false;
    }
    ticket.region->draw(stream, u);
    if (ticket.contour == -inf && context_.start && chain.next < context_.start->size()) std::ranges::copy(context_.start->point(chain.next), u.begin());
    ready(chain, std::move(u));
  }

  /// Whether a chain is cheaper than draws until one is accepted. A move takes about two evaluations.
  bool slices_cheaper() const {
    if (options_.inner == "regions" || !filled_) return false;
    const double acceptance = slices_ ? log_x_ : log_x_ - region_->log_volume();
    return acceptance < -std::log(2.0 * moves_);
  }

  Ticket make_ticket(TaskId id) const {
    if (!near_ || !slices_cheaper()) return {region_, {}, contour_, {}, 0};
    RandomStream stream(context_.seed, Purpose::select, id);
    std::size_t i = 0;
    for (int attempt = 0; attempt < 20; ++attempt) {
      i = stream.index(live_.size());
      if (region_->contains(live_.u(i))) break;
    }
    return {region_, {live_.u(i).begin(), live_.u(i).end()}, contour_, near_, moves_};
  }

  /// Takes the outcome whose turn it is.
  void accept() {
    const Event event = std::move(events_.front());
    events_.pop_front();
    tickets_.pop_front();
    const TaskId id = accepted_++;
    count(event);
    if (event.candidate) consider(event, id);
    if (stop_ != Stop::none) {
      end_ = accepted_;
      return;
    }
    tickets_.push_back(make_ticket(id + lag_));
    Chain& chain = chains_[(id + lag_) % chains_.size()];
    if (chain.waiting && chain.next == id + lag_) go_on((id + lag_) % chains_.size());
  }

  void count(const Event& event) {
    const bool failed = is_failure(event.status);
    counts_.failed += failed;
    if (filled_) return;
    ++counts_.prior;
    counts_.positive += event.positive;
    counts_.physical += event.status == Status::ok;
    counts_.prior_failed += failed;
  }

  void consider(const Event& event, TaskId id) {
    ++counts_.candidates;
    if (!event.positive || event.point.log_likelihood <= contour_) {
      if (++in_row_ >= options_.patience) stop_ = Stop::patience;
      return;
    }
    in_row_ = 0;
    ++counts_.accepted;
    if (filled_) ranks_.add(live_.rank(event.point.log_likelihood, RandomStream(context_.seed, Purpose::auxiliary, id).uniform()));
    if (near_ && !event.parent.empty()) judge_jump(event);
    live_.insert({event.point.id, event.point.log_likelihood, contour_}, event.u);
    while (stop_ == Stop::none && live_.size() >= target()) kill();
    if (filled_ && stop_ == Stop::none) learn(event.u);
  }

  /// How far a chain has come: the rank of its end among the live points of its mode, by their distance from its start. Uniform, with mean
  /// 1/2, where the end does not depend on the start, in whatever units.
  void judge_jump(const Event& event) {
    std::vector<double> start(context_.dim), x(context_.dim), distance(live_.size());
    region_->turn(event.parent, start);
    region_->turn(event.u, x);
    const double own = near_->distance2(start, x);
    for (std::size_t i = 0; i < live_.size(); ++i) {
      region_->turn(live_.u(i), x);
      distance[i] = near_->distance2(start, x);
    }
    const int mode = live_.mode(static_cast<std::size_t>(std::min_element(distance.begin(), distance.end()) - distance.begin()));
    double nearer = 0.0, others = 0.0;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      if (live_.mode(i) != mode || distance[i] == 0.0) continue;
      nearer += distance[i] < own;
      ++others;
    }
    if (others < static_cast<double>(context_.dim)) return;
    jumps_.add((nearer + 0.5) / (others + 1.0));
    if (jumps_.count < static_cast<double>(options_.live_points) / 4.0) return;
    const double mean = jumps_.sum / jumps_.count;
    jumps_ = {};
    jump_ranks_.push_back(mean);
    if (options_.moves > 0) return;
    const auto dim = static_cast<unsigned>(context_.dim);
    if (mean < least_jump) moves_ = std::min(most_moves * dim, moves_ + moves_ / (mean < 0.8 * least_jump ? 2 : 4));
    else if (mean > least_jump + 0.05) moves_ = std::max(least_moves * dim, moves_ - moves_ / 5);
  }

  /// The least mean over as many chains as there are live points; 1/2 without chains.
  double jump_rank() const {
    constexpr std::size_t quarters = 4;
    double least = 0.5;
    for (std::size_t i = quarters; i <= jump_ranks_.size(); ++i)
      least = std::min(least, std::accumulate(jump_ranks_.begin() + static_cast<std::ptrdiff_t>(i - quarters), jump_ranks_.begin() + static_cast<std::ptrdiff_t>(i), 0.0) / quarters);
    return least;
  }

  /// What the live points hold, and what they still disagree about, as shares of the evidence so far.
  struct Remaining {
    double held, disputed;
  };
  Remaining remaining() const {
    const LivePoints::Level level = live_.level();
    const double total = log_total(level);
    return {std::exp(level.log_mean + log_x_ - total), std::exp(level.log_deviation + log_x_ - total)};
  }
  /// ln of the evidence of dead and live points.
  double log_total(const LivePoints::Level& level) const {
    const double left = level.log_mean + log_x_;
    return std::max(left, log_z_) + std::log1p(std::exp(-std::abs(left - log_z_)));
  }

  std::vector<int> report_modes(SamplerResult& result, const std::vector<NestedPoint>& points, const std::vector<int>& mode, const NestedWeights& weights) const;
  double mode_error(std::size_t m, const std::vector<NestedPoint>& points, const std::vector<int>& mode, const NestedWeights& weights) const;

  std::size_t target() const { return bulk_ && options_.bulk_live_points > 0 ? options_.bulk_live_points : options_.live_points; }

  void kill() {
    filled_ = true;
    const std::vector<std::size_t> lowest = live_.lowest();
    if (lowest.size() == live_.size()) {
      stop_ = Stop::plateau;
      return;
    }
    contour_ = live_.point(lowest.front()).log_likelihood;
    for (const std::size_t i : lowest) {
      const double shrink = -1.0 / static_cast<double>(live_.size());
      const double weight = contour_ + log_x_ + std::log(-std::expm1(shrink));
      log_z_ = std::max(log_z_, weight) + std::log1p(std::exp(-std::abs(log_z_ - weight)));
      log_x_ += shrink;
      dead_.push_back(live_.point(i));
      dead_mode_.push_back(live_.mode(i));
      live_.remove(i);
    }
    kills_since_build_ += lowest.size();
    kills_since_check_ += lowest.size();
    if (20 * kills_since_check_ < live_.size()) return;
    kills_since_check_ = 0;
    const LivePoints::Level level = live_.level();
    const double total = log_total(level);
    bulk_ = log_z_ - total > std::log(0.01);
    if (live_.lowest().size() == live_.size()) stop_ = Stop::plateau;
    else if (level.log_deviation + log_x_ - total < std::log(options_.remaining_evidence)) stop_ = Stop::evidence;
  }

  /// Draws the region anew where the contour has shrunk by a tenth, or where a point of an older region shows that it is too small. It stays
  /// where a new one would be much larger: what held a contour holds those within.
  void learn(std::span<const double> u) {
    const bool holds = region_->contains(u);
    if (10 * kills_since_build_ < live_.size() && holds) return;
    kills_since_build_ = 0;
    auto next = std::make_shared<Region>(context_.dim, live_.all_u(), context_.periodic, region_.get());
    if (!holds || next->log_volume() <= region_->log_volume() + 0.4) {
      region_ = std::move(next);
      live_.split_modes(*region_);
    }
    near_ = nullptr;
    if (!slices_cheaper()) return;
    std::vector<double> turned(live_.all_u().size());
    for (std::size_t i = 0; i < live_.size(); ++i) region_->turn(live_.u(i), std::span<double>(turned).subspan(i * context_.dim, context_.dim));
    near_ = std::make_shared<Neighbourhoods>(context_.dim, std::move(turned), RandomStream(context_.seed, Purpose::select, shapes_++, 1));
  }

  Options options_;
  SamplerContext context_;
  bool slices_;
  unsigned moves_;
  std::size_t lag_;

  LivePoints live_;
  std::vector<NestedPoint> dead_;
  std::vector<int> dead_mode_;  ///< parallel to dead_
  std::shared_ptr<const Region> region_;
  std::deque<Ticket> tickets_;  ///< for the ids from accepted_ on
  std::vector<Chain> chains_;
  std::deque<Event> events_;  ///< of the ids from accepted_ on
  std::map<TaskId, std::vector<double>> ready_, given_;

  TaskId accepted_ = 0;
  TaskId end_ = no_end;
  Stop stop_ = Stop::none;
  bool filled_ = false;  ///< whether there have been enough live points
  double contour_ = -inf;
  double log_x_ = 0.0, log_z_ = -inf;  ///< of the dead points
  bool bulk_ = false;
  std::uint64_t kills_since_build_ = 0, kills_since_check_ = 0, in_row_ = 0;
  Counts counts_;
  InsertionRanks ranks_;

  struct Jumps {
    double count = 0.0, sum = 0.0;
    void add(double rank) { ++count, sum += rank; }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & count & sum;
    }
  };
  std::shared_ptr<const Neighbourhoods> near_;  ///< of the live points, for slice chains
  std::uint64_t shapes_ = 0;                    ///< how many were built
  Jumps jumps_;
  std::vector<double> jump_ranks_;  ///< means over a quarter of the live points
};

SamplerResult Nested::result() const {
  std::vector<NestedPoint> points = dead_;
  std::vector<int> mode = dead_mode_;
  for (std::size_t i = 0; i < live_.size(); ++i) points.push_back(live_.point(i)), mode.push_back(live_.mode(i));
  const NestedWeights weights = weigh(points, RandomStream(context_.seed, Purpose::simulate, 0));

  // The live points were the first n of so many draws from the prior that have a likelihood above zero.
  const double n = static_cast<double>(counts_.positive), draws = static_cast<double>(counts_.prior);
  double positive = draws > 0.0 ? n / draws : 0.0, positive_error = 0.0;
  if (filled_ && counts_.positive < counts_.prior) positive = (n - 1.0) / (draws - 1.0);
  if (counts_.positive < counts_.prior && n > 0.0) positive_error = std::sqrt((1.0 - positive) / n);
  const double ln_evidence = weights.ln_evidence + std::log(positive);
  const double physical = draws > 0.0 ? static_cast<double>(counts_.physical) / draws : 0.0;
  const double failed = draws > 0.0 ? static_cast<double>(counts_.prior_failed) / draws : 0.0;
  const double failed_later = accepted_ > 0 ? static_cast<double>(counts_.failed) / static_cast<double>(accepted_) : 0.0;

  SamplerResult result;
  const double p = ranks_.p_value();
  result.numbers = {{"ln_evidence", ln_evidence},
                    {"ln_evidence_error", std::hypot(weights.ln_evidence_error, positive_error)},
                    {"ln_evidence_physical", ln_evidence - std::log(physical)},
                    {"physical_fraction", physical},
                    {"failed_fraction", failed},
                    {"information", weights.information - std::log(positive)},
                    {"effective_samples", weights.effective_samples},
                    {"equal_weight_samples", weights.equal_weight_samples},
                    {"insertion_p_value", p},
                    {"jump_rank", jump_rank()},
                    {"acceptance", counts_.candidates > 0 ? static_cast<double>(counts_.accepted) / static_cast<double>(counts_.candidates) : 0.0}};

  if (filled_) result.numbers.emplace_back("remaining_evidence", remaining().disputed);
  const std::vector<int> names = report_modes(result, points, mode, weights);

  if (ranks_.count() > 0 && p < 0.01)
    result.warnings.push_back(fmt::format("new points are not uniform among the live points (insertion test, p = {:.2g}): ln Z may be biased; {}", p,
                                          slices_ ? "use more moves or live_points" : "use more live_points, or inner: slice"));
  if (jump_rank() < weak_jump)
    result.warnings.push_back(fmt::format("slice chains stayed near where they began (jump rank {:.2f}, independent points have .5): ln Z is likely too low; use more moves ({} at the end of this run) or live_points",
                                          jump_rank(), moves_));
  if (failed > 0.01 || failed_later > 0.01)
    result.warnings.push_back(fmt::format("{:.2g} % of the prior and {:.2g} % of all points failed and count as likelihood zero: ln Z is too low by what they would have had",
                                          100.0 * failed, 100.0 * failed_later));
  if (counts_.positive == 0) result.warnings.push_back(nothing_found(counts_.prior));
  else if (!filled_) result.warnings.push_back("the live points are not complete: ln Z is the mean likelihood of the draws from the prior");
  else if (stop_ == Stop::none)
    result.warnings.push_back(fmt::format("stopped before remaining_evidence {} was reached (it is {:.2g}): live points still hold {:.3g} % of what is known; ln Z is not converged, and its error does not "
                                          "cover that: raise stop: {{evaluations}} and go on",
                                          options_.remaining_evidence, remaining().disputed, 100.0 * remaining().held));
  if (stop_ == Stop::plateau) result.warnings.push_back("stopped because all live points have the same likelihood: a higher one, if there is any, was not found");
  if (stop_ == Stop::patience)
    result.warnings.push_back(fmt::format("stopped because {} candidates in a row were not accepted: the live points stand for the rest of the evidence", options_.patience));

  std::vector<std::size_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return points[a].id < points[b].id; });
  for (const std::size_t i : order) {
    result.ids.push_back(points[i].id);
    result.log_weight.push_back(weights.log_weight[i]);
    result.log_prior_volume.push_back(weights.log_volume[i] + std::log(positive));
    result.birth_log_likelihood.push_back(points[i].birth);
    result.mode.push_back(names[static_cast<std::size_t>(mode[i])]);
  }
  draw_equal_weights(result, context_.seed);
  return result;
}

/// Local evidences, the largest first: a mode has its own points, and its share of those that died before it was seen to be apart.
/// @return [modes] the k under which a mode is reported, -1 for those that fell apart
std::vector<int> Nested::report_modes(SamplerResult& result, const std::vector<NestedPoint>& points, const std::vector<int>& mode, const NestedWeights& weights) const {
  const std::vector<LivePoints::Mode>& modes = live_.modes();
  std::vector<double> own(modes.size(), 0.0);
  for (std::size_t i = 0; i < points.size(); ++i) own[static_cast<std::size_t>(mode[i])] += std::exp(weights.log_weight[i]);
  std::vector<std::size_t> whole;
  for (std::size_t m = 0; m < modes.size(); ++m) {
    if (m > 0) own[m] += modes[m].share * own[static_cast<std::size_t>(modes[m].parent)];
    if (!modes[m].split) whole.push_back(m);
  }
  std::stable_sort(whole.begin(), whole.end(), [&](std::size_t a, std::size_t b) { return own[a] > own[b]; });
  std::vector<int> names(modes.size(), -1);
  result.numbers.emplace_back("modes", static_cast<double>(whole.size()));
  const double ln_evidence = result.numbers.front().second;
  for (std::size_t k = 0; k < whole.size(); ++k) {
    names[whole[k]] = static_cast<int>(k);
    if (k >= most_modes || whole.size() == 1) continue;
    result.numbers.emplace_back(fmt::format("mode_{}_ln_evidence", k), ln_evidence + std::log(own[whole[k]]));
    result.numbers.emplace_back(fmt::format("mode_{}_ln_evidence_error", k), mode_error(whole[k], points, mode, weights));
  }
  return names;
}

/// A mode by itself is a run whose live points are those of them that lie in it: its error is that of its own simulated volumes; of the volume that was left when
/// it came apart (variance -ln X / live points); and of its share of the live points at each split before.
double Nested::mode_error(std::size_t m, const std::vector<NestedPoint>& points, const std::vector<int>& mode, const NestedWeights& weights) const {
  const std::vector<LivePoints::Mode>& modes = live_.modes();
  const double live = static_cast<double>(options_.live_points);
  double variance = 0.0, before = 0.0, contour = -inf;
  std::vector<bool> ancestor(modes.size(), false);
  for (std::size_t child = m; modes[child].parent >= 0; child = static_cast<std::size_t>(modes[child].parent)) {
    ancestor[static_cast<std::size_t>(modes[child].parent)] = true;
    variance += (1.0 - modes[child].share) / (modes[child].share * live);
  }
  for (std::size_t i = 0; i < points.size(); ++i)
    if (ancestor[static_cast<std::size_t>(mode[i])]) before = std::min(before, weights.log_volume[i]), contour = std::max(contour, points[i].log_likelihood);
  std::vector<NestedPoint> own;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (static_cast<std::size_t>(mode[i]) == m) own.push_back({points[i].id, points[i].log_likelihood, points[i].birth <= contour ? -inf : points[i].birth});
  const double volumes = weigh(own, RandomStream(context_.seed, Purpose::simulate, m, 2)).ln_evidence_error;
  return std::sqrt(volumes * volumes - before / live + variance);
}

const bool registered = SamplerRegistry::instance().add<Nested>("nested", "evidence and posterior: nested sampling by regions or slice chains", "doi:10.1214/06-BA127");

}  // namespace
}  // namespace umbra
