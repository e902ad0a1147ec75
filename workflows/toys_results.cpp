#include "workflows/toys_results.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json numbers(const Bands& bands) {
  Json all = Json::array();
  for (const double x : bands) all.push_back(number(x));
  return all;
}

void put(Json& j, const std::string& name, const PValue& p) {
  j[name] = number(p.value);
  j[name + "_low"] = number(p.low);
  j[name + "_high"] = number(p.high);
}

void put_bounds(Json& j, const std::string& name, const PValue& p) {
  j[name + "_lowest"] = number(p.lowest);
  j[name + "_highest"] = number(p.highest);
}

Json to_json(const ToyTest& t) {
  Json j = {{"mu", t.poi}, {"q", number(t.observed.statistic)}};
  put(j, "CLsb", t.result.clsb);
  put(j, "CLb", t.result.clb);
  put(j, "CLs", t.result.cls);
  put_bounds(j, "CLs", t.result.cls);
  j["CLs_expected"] = numbers(t.expected);
  j["toys"] = t.signal.resolved + t.signal.unresolved;
  j["toys_background"] = t.background.resolved + t.background.unresolved;
  j["unresolved"] = t.signal.unresolved + t.background.unresolved;
  if (const auto& a = t.asymptotic)
    j["asymptotic"] = {
        {"q", number(a->q)}, {"CLsb", number(a->clsb)}, {"CLb", number(a->clb)}, {"CLs", number(a->cls)}, {"CLs_expected", numbers(a->expected)}};
  return j;
}

Json value_of(const ToyLimit& l) { return l.place == LimitPlace::between_points ? number(l.value) : Json(nullptr); }

Json to_json(const ToyLimits& limits, double confidence) {
  Json j = {{"confidence", confidence},
            {"observed", value_of(limits.observed)},
            {"error", number(limits.observed.error)},
            {"expected", Json::array()},
            {"expected_error", Json::array()}};
  for (const ToyLimit& l : limits.expected) {
    j["expected"].push_back(value_of(l));
    j["expected_error"].push_back(number(l.error));
  }
  if (const auto& a = limits.asymptotic) j["asymptotic"] = {{"observed", number(a->observed)}, {"expected", numbers(a->expected)}};
  return j;
}

// p as a significance; its interval from that of p.
void put_significance(Json& j, const PValue& p) {
  j["significance"] = number(significance(p.value));
  j["significance_low"] = number(significance(p.high));
  j["significance_high"] = number(significance(p.low));
}

Json to_json(const ToyFraction& f, const std::string& statistic, const std::string& p) {
  Json j = {{statistic, number(f.observed.statistic)}};
  put(j, p, f.p);
  put_bounds(j, p, f.p);
  put_significance(j, f.p);
  if (f.weighted) {
    j[p + "_error"] = number(f.weighted->error());
    j["effective_toys"] = number(f.weighted->effective_toys());
  }
  j["toys"] = f.counts.resolved + f.counts.unresolved;
  j["toys_extreme"] = f.counts.extreme;
  j["unresolved"] = f.counts.unresolved;
  if (const auto& a = f.asymptotic)
    j["asymptotic"] = {{"p0", number(a->p0)}, {"significance", number(a->significance)}, {"p0_expected", numbers(a->expected)}};
  return j;
}

Json to_json(const GlobalCounter& counter, const ToyFamily& family) {
  const GlobalPValue g = counter.result();
  Json j = {{"patch", family[g.test].name}, {"q0", number(g.observed)}};
  put(j, "p", g.p);
  put_bounds(j, "p", g.p);
  put_significance(j, g.p);
  j["trials_factor"] = number(g.trials);
  j["trials_factor_low"] = number(g.trials_low);
  j["trials_factor_high"] = number(g.trials_high);
  j["toys"] = counter.toys();
  j["unresolved"] = counter.unresolved();
  Json& formulae = j["asymptotic"] = {{"p_local", number(g.asymptotic_local)}, {"p_independent", number(g.asymptotic_independent)}};
  if (g.asymptotic_line) formulae["p_line"] = number(*g.asymptotic_line);
  return j;
}

void put_interval(Json& j, const std::vector<IntervalPoint>& points, double confidence) {
  if (points.empty()) return;
  for (const IntervalPoint& point : points) {
    Json row = {{"mu", point.poi}};
    const PValue p = p_value(point.counts);
    put(row, "CLsb", p);
    put_bounds(row, "CLsb", p);
    row["toys"] = point.counts.resolved + point.counts.unresolved;
    row["unresolved"] = point.counts.unresolved;
    j["hypotheses"].push_back(row);
  }
  const ToyInterval interval = feldman_cousins(points, confidence);
  j["interval"] = {{"confidence", confidence},
                   {"low", number(interval.low)},
                   {"low_error", number(interval.low_error)},
                   {"high", number(interval.high)},
                   {"high_error", number(interval.high_error)}};
}

Json of_member(const ToyEnsemble& ensemble, std::size_t member, double confidence) {
  Json j = Json::object();
  for (const ToyTest& t : ensemble.tests(member)) j["hypotheses"].push_back(to_json(t));
  if (const auto limits = ensemble.limits(member)) j["upper_limit"] = to_json(*limits, confidence);
  put_interval(j, ensemble.interval_points(member), confidence);
  if (const auto f = ensemble.fraction(member))
    j[f->discovery ? "discovery" : "goodness_of_fit"] = f->discovery ? to_json(*f, ensemble.options().statistic_is_q0 ? "q0" : "q", "p0") : to_json(*f, "q", "p");
  return j;
}

}  // namespace

std::string toy_results(const ToyEnsemble& ensemble, double confidence) {
  const ToyFamily& family = ensemble.family();
  if (family.size() == 1) return of_member(ensemble, 0, confidence).dump();
  Json j = Json::object();
  const std::string noun = family.noun(), nouns = noun == "patch" ? "patches" : "models";
  for (std::size_t m = 0; m < family.size(); ++m) {
    Json member = {{noun, m}, {"name", family[m].name}};
    for (std::size_t i = 0; i < family[m].values.size() && i < family.labels().size(); ++i) member[family.labels()[i]] = number(family[m].values[i]);
    member.update(of_member(ensemble, m, confidence));
    j[nouns].push_back(std::move(member));
  }
  if (ensemble.global()) j["global"] = to_json(*ensemble.global(), family);
  return j.dump();
}

}  // namespace umbra
