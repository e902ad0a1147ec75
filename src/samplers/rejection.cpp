// Rejection sampling from the prior: independent posterior samples in few dimensions, and the measure for all others.

#include <boost/serialization/map.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "src/base/random.h"
#include "src/samplers/archive.h"
#include "src/samplers/sampler.h"

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

/// Draws from the prior; each is kept with probability L / (largest L of the run). What is kept are independent draws from the posterior, of
/// equal weight, as far as the run has come near the largest likelihood. No task depends on another. The evidence is the mean likelihood.
/// Unphysical points, failures and ln L = -inf have likelihood zero. A run ends, in the order of ids, at the wanted number of kept points,
/// or after `patience` draws without a likelihood above zero. Memory: only points that may still be kept.
class Rejection : public Sampler {
 public:
  struct Options {
    double effective_samples = 1000.0;
    std::uint64_t patience = 100000;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("effective_samples", &Options::effective_samples, "stop at so many kept points", stop_criterion(above(0)))
        .add("patience", &Options::patience, "stop after so many draws without a likelihood above zero", stop_criterion(at_least(1)));
  }
  Rejection(const Options& options, const SamplerContext& context) : options_(options), context_(context) { refuse_start(context, "only draws from the prior of its own are independent of their likelihood"); }

  std::vector<Task> ask(std::size_t max) override {
    std::vector<Task> tasks;
    while (tasks.size() < max && !done()) {
      TaskId id = next_;
      if (again_.empty()) ++next_;
      else id = *again_.begin(), again_.erase(again_.begin());
      given_.insert(id);
      std::vector<double> u(context_.dim);
      RandomStream(context_.seed, Purpose::propose, id).fill_uniform(u);
      tasks.push_back({TaskKind::point, id, pack(u)});
    }
    return tasks;
  }

  void tell(const Outcome& outcome) override {
    if (done()) return;
    given_.erase(outcome.id);
    again_.erase(outcome.id);
    early_.emplace(outcome.id, PointResult(outcome, context_.dim).rank_value());
    while (!early_.empty() && early_.begin()->first == accepted_ && !done()) {
      accept(early_.begin()->second);
      early_.erase(early_.begin());
    }
  }

  TaskId end() const override { return end_; }
  bool done() const override { return end_ != no_end; }
  bool stops_by_itself() const override { return true; }

  void save(std::ostream& out) const override {
    save_archive(out, context_.dim, next_, accepted_, end_, given_, again_, early_, ids_, log_likelihood_, largest_, sum_, square_);
  }
  void load(std::istream& in) override {
    std::size_t dim = 0;
    load_archive(in, dim, next_, accepted_, end_, given_, again_, early_, ids_, log_likelihood_, largest_, sum_, square_);
    VALIDATE(dim == context_.dim, "the saved state is of {} dimensions (it does not fit the job), restore these", dim);
    again_.merge(given_);
    given_.clear();
  }

  SamplerResult result() const override {
    SamplerResult result;
    const double n = static_cast<double>(accepted_), mean = sum_ / n;
    const double relative = std::sqrt(std::max(0.0, square_ / n - mean * mean) / n) / mean;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (!kept(ids_[i], log_likelihood_[i])) continue;
      result.ids.push_back(ids_[i]);
    }
    const double count = static_cast<double>(result.ids.size());
    result.log_weight.assign(result.ids.size(), -std::log(count));
    draw_equal_weights(result, context_.seed);
    result.numbers = {{"ln_evidence", sum_ > 0.0 ? largest_ + std::log(mean) : -inf},
                      {"ln_evidence_error", sum_ > 0.0 ? relative : inf},
                      {"effective_samples", count},
                      {"acceptance", n > 0.0 ? count / n : 0.0}};
    if (largest_ == -inf) result.warnings.push_back(nothing_found(accepted_));
    else if (count < options_.effective_samples)
      result.warnings.push_back(fmt::format("{:.0f} points were kept, fewer than the {:.0f} asked for: rejection needs exp(information) draws for each, use nested", count, options_.effective_samples));
    return result;
  }

 private:
  bool kept(TaskId id, double log_likelihood) const {
    return std::log(RandomStream(context_.seed, Purpose::select, id).uniform()) < log_likelihood - largest_;
  }
  void accept(double log_likelihood) {
    const TaskId id = accepted_++;
    if (log_likelihood > largest_) {
      // All sums are relative to the largest likelihood.
      const double scale = largest_ == -inf ? 0.0 : std::exp(largest_ - log_likelihood);
      largest_ = log_likelihood;
      sum_ *= scale;
      square_ *= scale * scale;
      std::vector<TaskId> ids;
      std::vector<double> values;
      for (std::size_t i = 0; i < ids_.size(); ++i) {
        if (!kept(ids_[i], log_likelihood_[i])) continue;
        ids.push_back(ids_[i]);
        values.push_back(log_likelihood_[i]);
      }
      ids_ = std::move(ids);
      log_likelihood_ = std::move(values);
    }
    if (log_likelihood > -inf) {
      sum_ += std::exp(log_likelihood - largest_);
      square_ += std::exp(2.0 * (log_likelihood - largest_));
      if (kept(id, log_likelihood)) ids_.push_back(id), log_likelihood_.push_back(log_likelihood);
    }
    const bool gave_up = largest_ == -inf && accepted_ >= options_.patience;
    if (gave_up || static_cast<double>(ids_.size()) >= options_.effective_samples) end_ = accepted_;
  }

  Options options_;
  SamplerContext context_;
  TaskId next_ = 0, accepted_ = 0, end_ = no_end;
  std::set<TaskId> given_, again_;
  std::map<TaskId, double> early_;  ///< told before its turn
  std::vector<TaskId> ids_;
  std::vector<double> log_likelihood_;
  double largest_ = -inf, sum_ = 0.0, square_ = 0.0;
};

const bool registered = SamplerRegistry::instance().add<Rejection>("rejection", "independent posterior samples by rejection from the prior, in few dimensions");

}  // namespace
}  // namespace umbra
