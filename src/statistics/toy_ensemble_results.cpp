// What follows from the toys that have been told.

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/statistics/toy_ensemble.h"

namespace umbra {

std::vector<const ToyEnsemble::Strength*> ToyEnsemble::sorted(std::size_t member) const {
  std::vector<const Strength*> all;
  for (const auto& [point, index] : index_)
    if (point.first == member) all.push_back(&strengths_[index]);
  return all;
}

std::vector<LimitPoint> ToyEnsemble::limit_points(std::size_t member) const {
  std::vector<LimitPoint> points;
  for (const Strength* s : sorted(member)) {
    if (s->signal.resolved == 0 || s->background.resolved == 0) continue;
    points.push_back({s->poi, s->signal, s->background});
  }
  return points;
}

void ToyEnsemble::collect(const Strength& strength, std::vector<double>& signal, std::vector<double>& background) const {
  const std::size_t wanted = index_.at({strength.member, strength.poi});
  for (const auto& [id, packed] : told_) {
    if (id >= settled_) break;
    const ToySource& source = *stages_.find(id).source;
    const auto at = static_cast<std::size_t>(std::find(source.strengths.begin(), source.strengths.end(), wanted) - source.strengths.begin());
    if (at == source.strengths.size()) continue;
    const std::vector<double> values = packed.unpack();
    for (std::size_t i = at; i < values.size(); i += source.strengths.size())
      if (!std::isnan(values[i])) (source.side == ToySide::alternative ? background : signal).push_back(values[i]);
  }
}

std::vector<ToyTest> ToyEnsemble::tests(std::size_t member) const {
  std::vector<ToyTest> all;
  if (!has_alternative()) return all;
  for (const Strength* s : sorted(member)) {
    ToyTest test{s->poi, s->observed, s->signal, s->background, cls(s->signal, s->background), {}, s->asymptotic};
    std::vector<double> signal, background;
    collect(*s, signal, background);
    test.expected = expected_cls(signal, background, statistic_->extreme());
    all.push_back(std::move(test));
  }
  return all;
}

std::optional<ToyLimits> ToyEnsemble::limits(std::size_t member) const {
  if (options_.goal != ToyGoal::limit || limit_points(member).empty()) return {};
  ToyLimits all;
  all.observed = toy_upper_limit(limit_points(member), options_.confidence);
  all.asymptotic = asymptotic_limit_[member];
  // Background toys in place of the data: at their quantiles, signal strength by signal strength.
  std::array<std::vector<LimitPoint>, 5> points;
  const double sign = statistic_->extreme() == TestStatistic::Side::high ? 1.0 : -1.0;
  for (const Strength* s : sorted(member)) {
    std::vector<double> signal, background;
    collect(*s, signal, background);
    if (signal.empty() || background.empty()) continue;
    for (auto* list : {&signal, &background}) {
      for (double& q : *list) q *= sign;
      std::sort(list->begin(), list->end());
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto index = static_cast<std::size_t>(normal_tail(static_cast<double>(i) - 2.0) * static_cast<double>(background.size()));
      const double from = background[std::min(index, background.size() - 1)] - statistic_tie;
      const auto count = [from](const std::vector<double>& list) {
        return ToyCounts{static_cast<std::uint64_t>(list.end() - std::lower_bound(list.begin(), list.end(), from)), list.size(), 0};
      };
      points[i].push_back({s->poi, count(signal), count(background)});
    }
  }
  for (std::size_t i = 0; i < points.size(); ++i) all.expected[i] = toy_upper_limit(points[i], options_.confidence);
  return all;
}

std::optional<ToyFraction> ToyEnsemble::fraction(std::size_t member) const {
  if (options_.goal != ToyGoal::discovery && options_.goal != ToyGoal::fit) return {};
  const Strength& s = strengths_[index_.at({member, 0.0})];
  const bool weighted = origins_.count(family_[member].background) > 0;
  return ToyFraction{options_.goal == ToyGoal::discovery,
                     s.observed,
                     s.signal,
                     weighted ? std::optional(s.weighted) : std::nullopt,
                     weighted ? p_value(s.weighted) : p_value(s.signal),
                     asymptotic_discovery_[member]};
}

std::vector<IntervalPoint> ToyEnsemble::interval_points(std::size_t member) const {
  std::vector<IntervalPoint> points;
  if (options_.goal == ToyGoal::interval)
    for (const Strength* s : sorted(member)) points.push_back({s->poi, s->signal});
  return points;
}

std::vector<std::pair<std::string, double>> ToyEnsemble::progress() const {
  if (global_ && global_->toys() > 0) {
    const PValue p = global_->result().p;
    return {{"global_p", p.value}, {"global_p_error", (p.high - p.low) / 2}};
  }
  std::vector<std::pair<std::string, double>> found;
  double least_known = -1;
  const auto offer = [&](double relative, std::vector<std::pair<std::string, double>> numbers) {
    if (relative > least_known) found = std::move(numbers), least_known = relative;
  };
  for (std::size_t m = 0; options_.goal == ToyGoal::limit && m < family_.size(); ++m) {
    const std::vector<LimitPoint> points = limit_points(m);
    if (points.empty()) continue;
    const ToyLimit limit = toy_upper_limit(points, options_.confidence);
    offer(limit.error / std::abs(limit.value), {{"upper_limit", limit.value}, {"upper_limit_error", limit.error}});
  }
  if (options_.goal == ToyGoal::limit) return found;
  const bool one = options_.goal == ToyGoal::discovery || options_.goal == ToyGoal::fit;
  const std::string name = options_.goal == ToyGoal::discovery ? "p0" : options_.goal == ToyGoal::fit ? "p" : options_.goal == ToyGoal::hypotheses ? "CLs" : "CLsb";
  for (const Strength& s : strengths_) {
    if (s.signal.resolved == 0 || (has_alternative() && s.background.resolved == 0)) continue;
    const PValue p = one ? fraction(s.member)->p : has_alternative() ? cls(s.signal, s.background).cls : p_value(s.signal);
    std::vector<std::pair<std::string, double>> numbers = {{name, p.value}, {name + "_error", (p.high - p.low) / 2}};
    if (!one) numbers.insert(numbers.begin(), {"mu", s.poi});
    offer(relative_error(p), std::move(numbers));
  }
  return found;
}

}  // namespace umbra
