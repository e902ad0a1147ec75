// Local search from the best points of an earlier run, by the derivative-free methods of NLopt.

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/samplers/archive.h"
#include "src/samplers/coroutine.h"
#include "src/samplers/sampler.h"

namespace umbra {
namespace {
constexpr double below_any = -1e300;

/// The points to start from are the best of the earlier run of which none lies nearer than `apart` to a better one, so that the copies with which an
/// optimiser ends count once; without a run, or where it has too few, random ones. (bobyqa moves a start that lies nearer to a wall than its first step.)
/// `starts` searches at a time, each its own chain: task id = step x starts + slot, and a task depends on the earlier ones of its slot.
/// A slot whose search has converged goes on with the next start point (random ones after the last) until all start points are done;
/// then the sampler ends. NLopt calls the function itself, so each search runs in a coroutine; a saved state is the values that the searches have seen,
/// which load() gives them again. A failed evaluation counts as the worst value that its search has seen, and before there is one as worse than any real
/// one. A search that has seen none does not count: its slot takes the next start point, for as many evaluations as one search may have. bobyqa, whose
/// model has no use for a failed start, ends there.
class Polish : public Sampler {
 public:
  struct Options {
    std::optional<std::size_t> starts;
    std::string method = "bobyqa";
    double step = 0.05;
    double tolerance = 1e-6;
    double apart = 0.05;
    std::optional<std::uint64_t> evaluations_each;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("starts", &Options::starts, "how many start points are polished; none: all of start: {from: RUN} up to 16, or 4 random ones", between(1, 1e5))
        .add("apart", &Options::apart, "points of the earlier run nearer than this to a better one are passed over; in units of each parameter's range", between(0, 1))
        .add("method", &Options::method, "bobyqa (quadratic models, for smooth functions), sbplx or nelder_mead (simplices, for noisy and kinked ones)", one_of({"bobyqa", "sbplx", "nelder_mead"}))
        .add("step", &Options::step, "first step, in units of each parameter's range", between(1e-9, 0.5))
        .add("tolerance", &Options::tolerance, "a search ends when a step gains less log-likelihood", above(0))
        .add("evaluations_each", &Options::evaluations_each, "most evaluations of one search; none: 200 a parameter", between(1, 1e7));
  }

  Polish(const Options& options, const SamplerContext& context) : options_(options), context_(context) {
    VALIDATE(context.dim >= 1, "there are no parameters to polish, add some");
    VALIDATE(options.method != "bobyqa" || context.dim >= 2, "bobyqa needs at least 2 parameters, there is 1, use sbplx");
    if (context.start) given_ = context.start->best(options.starts.value_or(16), options.apart);
    starts_ = options.starts.value_or(given_.empty() ? 4 : given_.size());
    most_ = options.evaluations_each.value_or(200 * context.dim);
    slots_.resize(starts_);
    for (std::size_t s = 0; s < starts_; ++s) begin(s, s);
  }

  std::vector<Task> ask(std::size_t max) override {
    std::vector<Task> tasks;
    std::vector<std::size_t> ready;
    for (std::size_t s = 0; s < starts_; ++s)
      if (!slots_[s].given && (end_step_ == no_end || slots_[s].step < end_step_)) ready.push_back(s);
    std::sort(ready.begin(), ready.end(), [&](std::size_t a, std::size_t b) { return id(a) < id(b); });
    for (std::size_t s : ready) {
      if (tasks.size() == max) break;
      slots_[s].given = true;
      tasks.push_back({TaskKind::point, id(s), pack(slots_[s].running->point())});
    }
    return tasks;
  }

  void tell(const Outcome& outcome) override {
    const std::size_t s = outcome.id % starts_;
    Slot& slot = slots_[s];
    EXPECT(slot.given && outcome.id == id(s));
    double value = PointResult(outcome, context_.dim).rank_value();
    if (!(value < std::numeric_limits<double>::infinity())) value = -std::numeric_limits<double>::infinity();
    slot.values.push_back(value);
    slot.given = false;
    ++slot.step;
    slot.running->give(value);
    if (slot.running->ended()) finish(s);
  }

  TaskId end() const override { return end_step_ == no_end ? no_end : end_step_ * starts_; }
  bool done() const override {
    return end_step_ != no_end && std::all_of(slots_.begin(), slots_.end(), [this](const Slot& s) { return s.step >= end_step_; });
  }

  bool stops_by_itself() const override { return true; }

  void save(std::ostream& out) const override {
    std::vector<std::uint64_t> steps, searches, last;
    std::vector<std::vector<double>> values;
    for (const Slot& s : slots_) {
      steps.push_back(s.step);
      searches.push_back(s.search);
      last.push_back(s.finished_first);
      values.push_back(s.values);
    }
    save_archive(out, context_.dim, options_.method, steps, searches, last, values, end_step_);
  }

  void load(std::istream& in) override {
    std::size_t dim = 0;
    std::string method;
    std::vector<std::uint64_t> steps, searches, last;
    std::vector<std::vector<double>> values;
    load_archive(in, dim, method, steps, searches, last, values, end_step_);
    VALIDATE(dim == context_.dim && method == options_.method && steps.size() == starts_ && searches.size() == starts_ && last.size() == starts_ && values.size() == starts_,
             "the saved state is of {} searches by {} in {} dimensions, this sampler has {} by {} in {}: use the options that the state was made with", steps.size(), method, dim,
             starts_, options_.method, context_.dim);
    for (std::size_t s = 0; s < starts_; ++s) {
      begin(s, searches[s]);
      slots_[s].step = steps[s];
      slots_[s].finished_first = last[s];
      slots_[s].values = values[s];
      for (double v : values[s]) slots_[s].running->give(v);
      VALIDATE(!slots_[s].running->ended(), "the sampler's saved state does not fit its searches, start from the points told instead");
    }
  }

 private:
  /// One run of an NLopt method.
  class Search {
   public:
    Search(const Options& options, std::size_t most, std::vector<double> from) : point_(std::move(from)), run_([this, &options, most] { optimise(options, most); }) { run_.resume(); }
    ~Search() {
      stop_ = true;
      run_.resume();
    }
    bool ended() const { return run_.ended(); }
    /// Whether it was given a likelihood above zero.
    bool alive() const { return seen_; }
    /// The point that it needs the value of; the one where it ended.
    const std::vector<double>& point() const { return point_; }
    void give(double value) {
      value_ = value;
      run_.resume();
    }

   private:
    void optimise(const Options& options, std::size_t most) {
      needs_start_ = options.method == "bobyqa";
      const auto method = options.method == "bobyqa" ? NLOPT_LN_BOBYQA : options.method == "sbplx" ? NLOPT_LN_SBPLX : NLOPT_LN_NELDERMEAD;
      nlopt_ = nlopt_create(method, static_cast<unsigned>(point_.size()));
      nlopt_set_max_objective(nlopt_, evaluate, this);
      nlopt_set_lower_bounds1(nlopt_, 0.0);
      nlopt_set_upper_bounds1(nlopt_, 1.0);
      nlopt_set_initial_step1(nlopt_, options.step);
      nlopt_set_ftol_abs(nlopt_, options.tolerance);
      nlopt_set_xtol_abs1(nlopt_, 1e-9);
      nlopt_set_maxeval(nlopt_, static_cast<int>(most));
      std::vector<double> x = point_;
      double best = 0.0;
      nlopt_optimize(nlopt_, x.data(), &best);
      nlopt_destroy(nlopt_);
    }
    static double evaluate(unsigned n, const double* x, double*, void* data) {
      auto& self = *static_cast<Search*>(data);
      for (unsigned d = 0; d < n; ++d) self.point_[d] = std::clamp(x[d], 0.0, 1.0);
      self.run_.suspend();
      if (std::isfinite(self.value_)) self.worst_ = self.seen_ ? std::min(self.worst_, self.value_) : self.value_;
      self.seen_ |= std::isfinite(self.value_);
      if (self.stop_ || (self.needs_start_ && !self.seen_)) nlopt_force_stop(self.nlopt_);
      return std::isfinite(self.value_) ? self.value_ : self.worst_;
    }

    std::vector<double> point_;
    nlopt_opt nlopt_ = nullptr;
    double value_ = 0.0, worst_ = below_any;
    bool seen_ = false, stop_ = false, needs_start_ = false;
    Coroutine run_;
  };

  struct Slot {
    std::uint64_t search = 0;               ///< which start point, counted over all slots: slot, slot + starts, ...
    std::uint64_t step = 0;                 ///< tasks told
    std::uint64_t finished_first = no_end;  ///< step at which its first search was over
    std::vector<double> values;             ///< that the present search was given
    std::unique_ptr<Search> running;
    bool given = false;
  };

  TaskId id(std::size_t s) const { return slots_[s].step * starts_ + s; }

  void begin(std::size_t s, std::uint64_t search) {
    Slot& slot = slots_[s];
    slot.search = search;
    slot.values.clear();
    std::vector<double> from(context_.dim);
    if (search < given_.size()) from = given_[search];
    else RandomStream(context_.seed, Purpose::initialise, search).fill_uniform(from);
    slot.running = std::make_unique<Search>(options_, most_, std::move(from));
    slot.given = false;
  }

  /// The search of this slot is over, or found nothing to begin with: its next one begins; the run ends with the step at which the slowest of the first searches is.
  void finish(std::size_t s) {
    Slot& slot = slots_[s];
    if (slot.finished_first == no_end && (slot.running->alive() || slot.step >= most_)) {
      slot.finished_first = slot.step;
      std::uint64_t slowest = 0;
      for (const Slot& each : slots_) slowest = each.finished_first == no_end || slowest == no_end ? no_end : std::max(slowest, each.finished_first);
      if (slowest != no_end) end_step_ = slowest;
    }
    begin(s, slot.search + starts_);
  }

  Options options_;
  SamplerContext context_;
  std::vector<std::vector<double>> given_;  ///< points of the earlier run
  std::size_t starts_ = 0;
  std::uint64_t most_ = 0;
  std::vector<Slot> slots_;
  TaskId end_step_ = no_end;
};

const bool registered = SamplerRegistry::instance().add<Polish>("polish", "best fit: local search from the best points of an earlier run (start: {from: RUN})", "https://nlopt.readthedocs.io");

}  // namespace
}  // namespace umbra
