#include "src/statistics/global_p_value.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

#include "src/base/error.h"

namespace umbra {

namespace {

// Low, so that crossings are many; q0 is above it at 0.7 sigma.
constexpr double crossing_level = 0.5;

constexpr TestStatistic::Side high = TestStatistic::Side::high;

}  // namespace

GlobalCounter::GlobalCounter(std::vector<double> observed, std::vector<std::size_t> line, double bound)
    : observed_(std::move(observed)), line_(std::move(line)), weighted_(bound > 0) {
  EXPECT(!observed_.empty());
  largest_ = static_cast<std::size_t>(std::max_element(observed_.begin(), observed_.end()) - observed_.begin());
  if (weighted_) all_.bound = local_.bound = bound;
}

void GlobalCounter::add(std::span<const double> toy, double log_weight) {
  EXPECT(toy.size() == observed_.size());
  // A toy that is extreme somewhere is so whatever its unresolved fits would have been.
  double best = -std::numeric_limits<double>::infinity();
  bool unresolved = false;
  for (const double q : toy) std::isnan(q) ? void(unresolved = true) : void(best = std::max(best, q));
  const bool extreme = at_least_as_extreme(best, observed_[largest_], high);
  all_.add(unresolved && !extreme ? std::numeric_limits<double>::quiet_NaN() : best, log_weight, observed_[largest_], high);
  if (unresolved && !extreme) return;
  local_.add(toy[largest_], log_weight, observed_[largest_], high);
  std::size_t crossings = 0;
  for (std::size_t i = 1; i < line_.size(); ++i)
    if (toy[line_[i - 1]] <= crossing_level && toy[line_[i]] > crossing_level) ++crossings;
  crossings_ += static_cast<double>(crossings) * std::exp(log_weight);
}

void GlobalCounter::add_unknown(std::uint64_t toys) {
  all_.add_unknown(toys);
  local_.add_unknown(toys);
}

GlobalPValue GlobalCounter::result() const {
  GlobalPValue r;
  r.test = largest_;
  r.observed = observed_[largest_];
  r.p = weighted_ ? p_value(all_) : p_value(ToyCounts{all_.extreme, all_.resolved, all_.unresolved});
  r.error = all_.error();
  r.asymptotic_local = normal_tail(std::sqrt(std::max(r.observed, 0.0)));
  r.asymptotic_independent = -std::expm1(static_cast<double>(observed_.size()) * std::log1p(-r.asymptotic_local));
  if (!line_.empty() && all_.resolved > 0)
    r.asymptotic_line =
        std::min(r.asymptotic_local + crossings_ / static_cast<double>(all_.resolved) * std::exp(-(r.observed - crossing_level) / 2), 1.0);
  if (all_.extreme == 0) {
    r.trials = std::numeric_limits<double>::quiet_NaN();
    r.trials_high = std::numeric_limits<double>::infinity();
    return r;
  }
  // Toys extreme in that test are some of those extreme anywhere: a fraction of as many as their weights are worth.
  const double fraction = local_.sum / all_.sum, n = all_.effective_toys(), k = fraction * n, tail = 0.5 * (1 - one_sigma);
  r.trials = 1 / fraction;
  r.trials_low = n - k > 0 ? 1 / boost::math::ibetac_inv(k + 1, n - k, tail) : 1.0;
  r.trials_high = k > 0 ? 1 / boost::math::ibeta_inv(k, std::max(n - k, 0.0) + 1, tail) : std::numeric_limits<double>::infinity();
  return r;
}

}  // namespace umbra
