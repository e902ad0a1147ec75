// The points of an earlier run, evaluated again: with another model, more observables or another constraint.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/samplers/archive.h"
#include "src/samplers/coverage.h"

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
/// Below, weights are carried by so few points that what they say is chance.
constexpr double fewest_effective = 100.0, least_efficiency = 0.05;

/// Id k is the k-th chosen point of the earlier run, failed ones among them (`where: "status == 0"` leaves these out). Nothing depends on an outcome.
///
/// Where the earlier run has a posterior, its weights are carried over by importance reweighting (arXiv:astro-ph/0205436, appendix B):
///
///     w_new = w_old x (L_new / L_old) x (prior_new / prior_old),  Z_new = Z_old x sum w_new over sum w_old
///
/// and where it is independent or evenly spread draws from the prior, w_new = L_new x (prior_new / prior_old), Z_new = sum w_new / draws. The error on
/// ln Z_new is that of a mean of independent weights, and the earlier run's own. Effective samples are those of Kish, (sum w)^2 / sum w^2, in proportion to
/// what the earlier run claims where that is less (chains). Points of likelihood zero, unphysical and skipped ones have weight zero; so have failed ones,
/// with a warning. There are no weights where points are neither, or not all have been evaluated. A prior that reaches beyond the earlier one has no ln Z here,
/// for nothing is known there; and what a filter leaves out counts as likelihood zero: both with a warning.
class Rerun : public Coverage {
 public:
  struct Options {
    std::string from;
    std::string where;
    std::string outside = "error";
    std::string points;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("from", &Options::from, "the run whose points are evaluated again, as in start: {from: RUN}")
        .add("where", &Options::where, "an expression of that run's columns: only points for which it is true")
        .add("outside", &Options::outside, "what to do where points lie outside this job's priors: error, or skip (leave them out)", one_of({"error", "skip"}))
        .add("points", &Options::points, "which points they were (umbra writes it into RUN/job.yaml); the run is refused where it has changed since");
  }

  Rerun(const Options&, const SamplerContext& context) : Coverage(context, context.start ? context.start->size() : 0), log_likelihood_(end(), std::nan("")), status_(end(), unknown) {
    VALIDATE(context.start, "which points are to be evaluated again is not said, add from: RUN (the run directory of the earlier run)");
  }

  void save(std::ostream& out) const override {
    Coverage::save(out);
    save_archive(out, log_likelihood_, status_);
  }
  void load(std::istream& in) override {
    Coverage::load(in);
    load_archive(in, log_likelihood_, status_);
    VALIDATE(log_likelihood_.size() == end() && status_.size() == end(), "the sampler's saved state is damaged (its parts do not fit together), start from the points told instead");
  }

  SamplerResult result() const override;

 private:
  static constexpr std::int32_t unknown = -1;

  void place(TaskId id, std::span<double> u) const override { std::ranges::copy(given().point(id), u.begin()); }
  void see(const Outcome& outcome) override {
    const PointResult point(outcome, given().dim);
    log_likelihood_[outcome.id] = point.log_likelihood;
    status_[outcome.id] = static_cast<std::int32_t>(point.status);
  }

  const EarlierPoints& given() const { return *context_.start; }
  /// ln of what a point's new likelihood is to be multiplied with to become its weight.
  std::vector<double> factors() const;
  void judge(SamplerResult& result, const std::vector<double>& earlier) const;

  std::vector<double> log_likelihood_;  ///< [points] NaN where the evaluation failed or is not told
  std::vector<std::int32_t> status_;    ///< [points]
};

std::vector<double> Rerun::factors() const {
  std::vector<double> factors(given().size());
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (given().sample != EarlierPoints::Sample::posterior) factors[i] = -std::log(static_cast<double>(given().draws));
    else factors[i] = given().log_weight[i] == -inf ? -inf : given().log_weight[i] - given().log_likelihood[i];
    if (!given().log_prior_ratio.empty()) factors[i] += given().log_prior_ratio[i];
  }
  return factors;
}

SamplerResult Rerun::result() const {
  SamplerResult result;
  const bool whole = end() <= context_.evaluations && std::find(status_.begin(), status_.end(), unknown) == status_.end();
  if (given().sample == EarlierPoints::Sample::none || !whole) {
    if (!given().no_sample.empty()) result.warnings.push_back("no weights: " + given().no_sample);
    else if (given().sample != EarlierPoints::Sample::none) result.warnings.push_back(fmt::format("no weights: not all of the {} points were evaluated again", given().size()));
    return result;
  }
  const bool posterior = given().sample == EarlierPoints::Sample::posterior;
  const std::vector<double> factor = factors();
  std::vector<double> weight(given().size()), earlier(given().size());
  double largest = -inf;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double value = status_[i] == static_cast<std::int32_t>(Status::ok) ? log_likelihood_[i] : -inf;
    weight[i] = factor[i] == -inf || value == -inf ? -inf : factor[i] + value;
    earlier[i] = posterior ? std::exp(given().log_weight[i]) : 1.0 / static_cast<double>(given().draws);
    largest = std::max(largest, weight[i]);
  }
  double sum = 0.0;
  for (const double w : weight) sum += std::exp(w - (largest == -inf ? 0.0 : largest));
  const double log_sum = largest + std::log(sum);

  double square = 0.0, earlier_square = 0.0, deviation = posterior ? 0.0 : (static_cast<double>(given().draws) - static_cast<double>(given().size())) * std::pow(static_cast<double>(given().draws), -2);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double w = weight[i] == -inf ? 0.0 : std::exp(weight[i] - log_sum);
    square += w * w;
    earlier_square += earlier[i] * earlier[i];
    deviation += (w - earlier[i]) * (w - earlier[i]);
    if (w == 0.0) continue;
    result.ids.push_back(i);
    result.log_weight.push_back(weight[i] - log_sum);
  }
  draw_equal_weights(result, context_.seed);
  const double before = posterior ? 1.0 / earlier_square : static_cast<double>(given().draws);
  const double claimed = std::isfinite(given().effective_samples) ? std::min(given().effective_samples, before) : before;
  const double effective = square > 0.0 ? claimed / before / square : 0.0;
  result.numbers = {{"effective_samples", effective}, {"earlier_effective_samples", claimed}, {"reweighting_efficiency", effective / claimed}};
  const double ln_evidence = (posterior ? given().ln_evidence : 0.0) + log_sum;
  if (!std::isnan(ln_evidence) && given().prior_share == 1.0) {
    result.numbers.insert(result.numbers.begin(), {{"ln_evidence", ln_evidence}, {"ln_evidence_error", std::hypot(posterior ? given().ln_evidence_error : 0.0, std::sqrt(deviation))}});
  }
  judge(result, earlier);
  if (square == 0.0) result.warnings.push_back("no point has a likelihood above zero: there is no posterior");
  else if (effective < fewest_effective || (posterior && effective < least_efficiency * claimed))
    result.warnings.push_back(fmt::format("the weights are worth {:.3g} effective samples (the earlier run has {:.3g}): the posterior has moved to where that run has few points, "
                                          "take a run with more of them, or sample this job's own posterior", effective, claimed));
  return result;
}

/// What failed now, what had no weight then, and what the points cannot know of.
void Rerun::judge(SamplerResult& result, const std::vector<double>& earlier) const {
  std::size_t failed = 0, revived = 0;
  double share = 0.0;
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (is_failure(static_cast<Status>(status_[i]))) ++failed, share += earlier[i];
    revived += given().sample == EarlierPoints::Sample::posterior && !std::isfinite(given().log_likelihood[i]) && std::isfinite(log_likelihood_[i]);
  }
  if (failed > 0)
    result.warnings.push_back(fmt::format("{} points, {:.2g} % of the earlier run's weight, failed and count as likelihood zero: ln Z is too low by what they would have had", failed, 100.0 * share));
  if (given().prior_share < 1.0)
    result.warnings.push_back(fmt::format("{:.3g} % of this job's prior lies within that of the earlier run, whose points know nothing of the rest: the weights are those of the posterior within it, and there is no ln Z; "
                                          "make the priors no wider than they were there, or sample this job's own posterior", 100.0 * given().prior_share));
  if (given().left_out > 1e-6)
    result.warnings.push_back(fmt::format("'where' leaves out {:.3g} % of the earlier run's {}, which count as likelihood zero: ln Z and the posterior are those of the rest; take 'where' out for those of all", 100.0 * given().left_out,
                                          given().sample == EarlierPoints::Sample::posterior ? "posterior weight" : "draws"));
  if (revived > 0)
    result.warnings.push_back(fmt::format("{} points that had no likelihood in the earlier run have one now: its posterior knows nothing of such places, and neither do the weights", revived));
}

const bool registered = SamplerRegistry::instance().add<Rerun>(
    "rerun", "the points of an earlier run evaluated again, with another model, more observables or another constraint; carries posterior weights over", "arXiv:astro-ph/0205436");

}  // namespace
}  // namespace umbra
