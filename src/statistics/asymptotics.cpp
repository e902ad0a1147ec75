#include "src/statistics/asymptotics.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/statistics/distributions.h"

namespace umbra {

namespace {

constexpr std::array<double, 5> sigmas = {2, 1, 0, -1, -2};

/// Eqs. 59 and 66 in terms of the roots; for qmu the first branch holds throughout (eq. 57).
double shifted(double q, double q_asimov, LimitStatistic statistic) {
  const double root = std::sqrt(q), root_asimov = std::sqrt(q_asimov);
  if (statistic == LimitStatistic::qmu || root <= root_asimov || root_asimov == 0) return root - root_asimov;
  return (q - q_asimov) / (2 * root_asimov);
}

}  // namespace

Asymptotics::Asymptotics(ToyModel& model, LimitStatistic statistic) : model_(model), statistic_(statistic), observed_(model), asimov_(model) {
  VALIDATE(model.poi() != ToyModel::none, "the model has no parameter of interest (a limit is on one), name it in the measurement");
  observed_.set_data(model.observed());
  make_asimov(asimov_, 0.0);
}

void Asymptotics::make_asimov(Profile& profile, double poi) {
  observed_.activate();
  const std::vector<double> x = observed_.fixed(poi).x;
  check(observed_, poi);
  std::vector<double> data;
  model_.expected(x, data);
  profile.set_data(data, x);
}

PoiRange Asymptotics::range(double poi) const {
  PoiRange range = model_.poi_range();
  range.low = std::min(std::max(range.low, 0.0), poi);
  if (statistic_ == LimitStatistic::qmu) range.low = std::min(range.low, model_.lowest_poi());
  range.high = std::max(range.high, poi);
  return range;
}

void Asymptotics::check(const Profile& profile, double poi) const {
  VALIDATE(resolved(profile.status()),
           "the fit at signal strength {} ended with '{}' (no p-value without a minimum), look for degenerate or contradictory inputs", poi,
           name(profile.status()));
}

double Asymptotics::statistic(Profile& profile, double poi) {
  profile.activate();
  const double q = profile.twice_ratio(poi, range(poi));
  check(profile, poi);
  return profile.poi_hat() > poi ? 0.0 : q;
}

AsymptoticTest Asymptotics::test(double poi) {
  AsymptoticTest t;
  t.poi = poi;
  t.q = statistic(observed_, poi);
  t.q_asimov = statistic(asimov_, poi);
  const double root = std::sqrt(t.q_asimov), z = shifted(t.q, t.q_asimov, statistic_);
  t.clsb = normal_tail(z + root);
  t.clb = normal_tail(z);
  t.cls = t.clsb / t.clb;
  for (std::size_t i = 0; i < sigmas.size(); ++i) t.expected[i] = normal_tail(sigmas[i] + root) / normal_tail(sigmas[i]);
  return t;
}

AsymptoticDiscovery Asymptotics::discovery(double alternative) {
  AsymptoticDiscovery d;
  PoiRange bounded = model_.poi_range();
  bounded.low = std::min(std::max(bounded.low, 0.0), 0.0);
  bounded.high = std::max(bounded.high, model_.highest_poi());
  observed_.activate();
  d.q0 = observed_.twice_ratio(0.0, bounded);
  check(observed_, 0.0);
  d.p0 = normal_tail(std::sqrt(d.q0));
  d.significance = std::sqrt(d.q0);
  Profile signal(model_);
  make_asimov(signal, alternative);
  bounded.high = std::max(bounded.high, alternative);
  d.q0_asimov = signal.twice_ratio(0.0, bounded);
  check(signal, 0.0);
  for (std::size_t i = 0; i < sigmas.size(); ++i) d.expected[i] = normal_tail(sigmas[i] + std::sqrt(d.q0_asimov));
  return d;
}

AsymptoticLimit Asymptotics::upper_limit(double confidence) {
  EXPECT(confidence > 0 && confidence < 1);
  const double alpha = 1 - confidence, bound = model_.poi_range().high;
  AsymptoticLimit limit;
  // Both functions fall with the signal strength from where they are positive.
  const auto solve = [&](const std::function<double(double)>& excess, double low, double guess) {
    double high = std::max(guess, low * 1.1 + 1e-6);
    for (int i = 0; excess(high) > 0; ++i) {
      VALIDATE(i < 60,
               "no upper limit at {} confidence was found up to a signal strength of {} (the data do not bound it), check that the signal has events",
               confidence, high);
      low = high;
      high *= 1.6;
    }
    const double root = find_root(excess, low, high, 1e-8);
    limit.bound_widened = limit.bound_widened || root > bound;
    return root;
  };
  const double scale = std::max(std::abs(model_.initial()[model_.poi()]), 1e-3), root_at_scale = std::sqrt(statistic(asimov_, scale));
  const double sigma = root_at_scale > 0 ? scale / root_at_scale : scale;
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    const double target = significance(alpha * normal_tail(sigmas[i])) - sigmas[i];
    limit.expected[i] = solve([&](double poi) { return target - std::sqrt(statistic(asimov_, poi)); }, 0.0, sigma * target);
  }
  observed_.activate();
  const double best = std::max(observed_.free(range(scale)).x[model_.poi()], 0.0);
  limit.observed = solve([&](double poi) { return std::log(test(poi).cls / alpha); }, best, best + 2 * sigma);
  return limit;
}

}  // namespace umbra
