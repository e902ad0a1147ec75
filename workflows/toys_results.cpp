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

Json to_json(const ToyFraction& f, const std::string& statistic, const std::string& p) {
  Json j = {{statistic, number(f.observed.statistic)}};
  put(j, p, f.p);
  put_bounds(j, p, f.p);
  j["significance"] = number(significance(f.p.value));
  j["significance_low"] = number(significance(f.p.high));
  j["significance_high"] = number(significance(f.p.low));
  j["toys"] = f.counts.resolved + f.counts.unresolved;
  j["unresolved"] = f.counts.unresolved;
  if (const auto& a = f.asymptotic)
    j["asymptotic"] = {{"p0", number(a->p0)}, {"significance", number(a->significance)}, {"p0_expected", numbers(a->expected)}};
  return j;
}

void put_interval(Json& j, const std::vector<IntervalPoint>& points, double confidence) {
  if (points.empty()) return;
  for (const IntervalPoint& point : points) {
    Json row = {{"mu", point.poi}};
    put(row, "CLsb", p_value(point.counts));
    row["toys"] = point.counts.resolved + point.counts.unresolved;
    row["unresolved"] = point.counts.unresolved;
    j["hypotheses"].push_back(row);
  }
  const Interval interval = feldman_cousins(points, confidence);
  j["interval"] = {{"confidence", confidence}, {"low", number(interval.low)}, {"high", number(interval.high)}};
}

}  // namespace

std::string toy_results(const ToyEnsemble& ensemble, double confidence) {
  Json j = Json::object();
  for (const ToyTest& t : ensemble.tests()) j["hypotheses"].push_back(to_json(t));
  if (const auto limits = ensemble.limits()) j["upper_limit"] = to_json(*limits, confidence);
  put_interval(j, ensemble.interval_points(), confidence);
  if (const auto f = ensemble.fraction())
    j[f->discovery ? "discovery" : "goodness_of_fit"] = f->discovery ? to_json(*f, "q0", "p0") : to_json(*f, "q", "p");
  return j.dump();
}

}  // namespace umbra
