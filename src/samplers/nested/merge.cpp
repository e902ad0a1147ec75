#include "src/samplers/nested/merge.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
/// Two runs of a correct sampler differ by more once in 10^4 times.
constexpr double largest_pull = 3.9;

/// The probability of k p-values as small as these: chi^2 = -2 sum ln p with 2 k degrees of freedom.
double fisher(const std::vector<NestedRun>& runs) {
  double half = 0.0;
  for (const NestedRun& run : runs) half -= std::log(std::max(run.insertion_p_value, 1e-300));
  double term = 1.0, sum = 0.0;
  for (std::size_t i = 0; i < runs.size(); ++i) sum += term, term *= half / static_cast<double>(i + 1);
  return std::exp(-half) * sum;
}
/// Draws from the prior that a run took for its first live points, as far as its points tell.
double prior_draws(const NestedRun& run) {
  return static_cast<double>(std::count_if(run.points.begin(), run.points.end(), [](const NestedPoint& p) { return p.birth == -inf; })) / std::exp(run.log_positive);
}

/// Mean by the draws from the prior; NaN where a run does not say.
double mean(const std::vector<NestedRun>& runs, double NestedRun::* fraction) {
  double sum = 0.0, draws = 0.0;
  for (const NestedRun& run : runs) sum += prior_draws(run) * run.*fraction, draws += prior_draws(run);
  return sum / draws;
}
}  // namespace

double find_log_positive(const std::vector<NestedPoint>& points, const std::vector<double>& log_prior_volume) {
  const NestedWeights weights = weigh(points, RandomStream(0, Purpose::simulate, 0), 0);
  const auto lowest = std::min_element(points.begin(), points.end(), [](const NestedPoint& a, const NestedPoint& b) { return std::pair(a.log_likelihood, a.id) < std::pair(b.log_likelihood, b.id); });
  const auto i = static_cast<std::size_t>(lowest - points.begin());
  return std::min(0.0, log_prior_volume.at(i) - weights.log_volume[i]);
}

SamplerResult merge_nested(const std::vector<NestedRun>& runs, std::uint64_t seed) {
  std::vector<NestedPoint> points;
  double born = 0.0, draws = 0.0;
  for (const NestedRun& run : runs) {
    points.insert(points.end(), run.points.begin(), run.points.end());
    born += prior_draws(run) * std::exp(run.log_positive);
    draws += prior_draws(run);
  }
  std::sort(points.begin(), points.end(), [](const NestedPoint& a, const NestedPoint& b) { return a.id < b.id; });
  const NestedWeights weights = weigh(points, RandomStream(seed, Purpose::simulate, 0));
  const double positive = born / draws, positive_error = std::sqrt(std::max(0.0, 1.0 - positive) / born);

  SamplerResult result;
  result.numbers = {{"ln_evidence", weights.ln_evidence + std::log(positive)},
                    {"ln_evidence_error", std::hypot(weights.ln_evidence_error, positive_error)},
                    {"information", weights.information - std::log(positive)},
                    {"effective_samples", weights.effective_samples},
                    {"equal_weight_samples", weights.equal_weight_samples},
                    {"insertion_p_value", fisher(runs)},
                    {"merged_runs", static_cast<double>(runs.size())}};
  const double physical = mean(runs, &NestedRun::physical_fraction), failed = mean(runs, &NestedRun::failed_fraction);
  double jump_rank = inf, remaining = -inf;
  for (const NestedRun& run : runs) jump_rank = std::min(jump_rank, run.jump_rank), remaining = std::max(remaining, run.remaining_evidence);
  for (const auto& [name, value] : {std::pair("ln_evidence_physical", result.numbers.front().second - std::log(physical)), std::pair("physical_fraction", physical),
                                    std::pair("failed_fraction", failed), std::pair("jump_rank", jump_rank), std::pair("remaining_evidence", remaining)})
    if (std::isfinite(value)) result.numbers.emplace_back(name, value);
  for (const NestedRun& run : runs)
    for (const std::string& w : run.warnings) result.warnings.push_back(run.name + ": " + w);
  for (std::size_t a = 0; a < runs.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const double pull = (runs[a].ln_evidence - runs[b].ln_evidence) / std::hypot(runs[a].ln_evidence_error, runs[b].ln_evidence_error);
      if (std::abs(pull) > largest_pull)
        result.warnings.push_back(fmt::format("runs {} and {} disagree: their ln Z are {:.3f} +- {:.3f} and {:.3f} +- {:.3f}: one of them has missed a part of the posterior, use more live_points", b + 1, a + 1,
                                              runs[b].ln_evidence, runs[b].ln_evidence_error, runs[a].ln_evidence, runs[a].ln_evidence_error));
    }
  for (std::size_t i = 0; i < points.size(); ++i) {
    result.ids.push_back(points[i].id);
    result.log_weight.push_back(weights.log_weight[i]);
    result.log_prior_volume.push_back(weights.log_volume[i] + std::log(positive));
    result.birth_log_likelihood.push_back(points[i].birth);
  }
  draw_equal_weights(result, seed);
  return result;
}

}  // namespace umbra
