// What a user of the result of toys should know.

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/statistics/toy_ensemble.h"

namespace umbra {

void ToyEnsemble::add_unresolved_warnings(std::vector<std::string>& warnings) const {
  std::uint64_t made = 0, unresolved = 0;
  for (const Strength& s : strengths_) {
    unresolved += s.signal.unresolved + s.background.unresolved;
    made += s.signal.unresolved + s.signal.resolved + s.background.unresolved + s.background.resolved;
  }
  if (unresolved > 0)
    warnings.push_back(fmt::format("{} of {} tests of toys have a fit that is not resolved: they count in no p-value, and `lowest` and `highest` hold "
                                   "whatever they would have been",
                                   unresolved, made));
  for (std::size_t m = 0; options_.goal == ToyGoal::limit && unresolved > 0 && m < family_.size(); ++m)
    if (limit_points(m).empty())
      warnings.push_back(fmt::format("{}at no signal strength has a toy of each hypothesis a resolved fit: there is no limit, and none could be looked for; "
                                     "the column `status` of /toys says what became of the fits",
                                     family_.about(m)));
}

void ToyEnsemble::add_bound_warnings(std::vector<std::string>& warnings) const {
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest, farthest = -lowest;
  PoiRange stated{lowest, highest};
  std::string low_member, high_member;  // of which this is the farthest
  std::string kept;
  const TestStatistic::Reach reach = statistic_->reach();
  for (const Strength& s : strengths_) {
    const ToyModel& model = family_.model(s.member);
    if (model.poi() == ToyModel::none) return;
    if (std::isnan(s.observed.free_nll)) continue;
    const PoiRange range = statistic_->free_range(model, s.poi), own = model.poi_range();
    if (range.low < own.low && range.low < lowest) lowest = range.low, stated.low = own.low, low_member = family_.about(s.member);
    const double needed = std::max(s.poi, s.observed.poi_hat);
    if (needed > own.high && needed > farthest) farthest = needed, highest = range.high, stated.high = own.high, high_member = family_.about(s.member);
    if (reach.below_zero && s.poi >= 0 && range.low >= 0 && kept.empty())
      kept = fmt::format("{}this statistic needs fits with a signal strength below 0, and it cannot go there ({}): its values are those of the bounded statistic, "
                         "qmu_tilde or tmu_tilde",
                         family_.about(s.member), model.lowest_poi_reason().empty() ? fmt::format("the model's bound is {:g}", own.low) : model.lowest_poi_reason());
  }
  if (std::isfinite(lowest))
    warnings.push_back(fmt::format(
        "{}the lower bound {:g} of the parameter of interest was relaxed to {:.4g}, as far as rates stay positive: this statistic needs fits below 0",
        low_member, stated.low, lowest));
  if (!kept.empty()) warnings.push_back(kept);
  if (!std::isfinite(farthest)) return;
  if (reach.above_bound)
    warnings.push_back(fmt::format("{}the upper bound {:g} of the parameter of interest does not hold in the free fits of this statistic, to the data and to toys alike "
                                   "(it is tested or fitted up to {:.4g}): toys cut at the bound would give wrong p-values",
                                   high_member, stated.high, farthest));
  else
    warnings.push_back(fmt::format("{}the upper bound {:g} of the parameter of interest was in the way of signal strengths tested, and widened to {:.4g}", high_member,
                                   stated.high, highest));
}

void ToyEnsemble::add_discovery_warnings(std::vector<std::string>& warnings) const {
  for (std::size_t m = 0; m < family_.size(); ++m) {
    const ToyFraction f = *fraction(m);
    if (f.counts.extreme == 0 && f.counts.resolved > 0)
      warnings.push_back(fmt::format("{}none of {} toys is as extreme as the data: p0 is below {:.2g}; to know it make more toys{}", family_.about(m),
                                     f.counts.resolved, f.p.high, f.weighted || !options_.statistic_is_q0 ? "" : ", or say importance: true"));
  }
  for (std::size_t m = 1; family_.noun() == "patch" && m < family_.size(); ++m)
    if (family_[m].background != 0) {
      warnings.push_back(
          fmt::format("no global p-value: {} and {} do not have the same background ({}), so that no toy can be tested for both; each has toys of its own",
                      family_[0].name, family_[m].name, family_[m].difference));
      return;
    }
}

void ToyEnsemble::add_cost_warning(std::vector<std::string>& warnings) const {
  if (slowest_block_s_ <= long_block_s || options_.block == 1) return;
  const auto better = static_cast<std::uint64_t>(static_cast<double>(options_.block) * long_block_s / slowest_block_s_);
  warnings.push_back(fmt::format("a block of {} toys took {:.0f} s (a stop waits for it, and a kill loses it): in another run say block: {}", options_.block,
                                 slowest_block_s_, std::max<std::uint64_t>(better / 2, 1)));
}

SamplerResult ToyEnsemble::result() const {
  SamplerResult r;
  add_unresolved_warnings(r.warnings);
  add_bound_warnings(r.warnings);
  if (options_.stop.toys == 0 && last_stage_ && done() && !precise())
    r.warnings.push_back(fmt::format("max_toys was reached before {} had the relative precision {}", options_.stop.quantity, options_.stop.relative));
  if (options_.goal == ToyGoal::discovery) add_discovery_warnings(r.warnings);
  add_cost_warning(r.warnings);
  for (std::size_t m = 0; m < family_.size(); ++m)
    for (const std::string& note : family_.model(m).notes()) {
      const std::string text = family_[m].list_name.empty() ? note : family_[m].list_name + ": " + note;
      if (std::find(r.warnings.begin(), r.warnings.end(), text) == r.warnings.end()) r.warnings.push_back(text);
    }
  return r;
}

}  // namespace umbra
