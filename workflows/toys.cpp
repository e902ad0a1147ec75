// workflow: toys. Pseudo-experiments by the million for p-values, upper limits and the significance of a discovery.

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "src/statistics/toy_ensemble.h"
#include "workflows/workflow.h"

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

// Options of `stop` that belong to toys.
struct StopPart {
  std::uint64_t toys = 0, max_toys = 1000000;
  Config precision;

  static OptionSet<StopPart> options() {
    OptionSet<StopPart> o;
    o.add("toys", &StopPart::toys, "toys of each hypothesis and side, rounded up to whole blocks", at_least(1));
    o.add("precision", &StopPart::precision,
          "{quantity: CLs | CLsb | CLb | p0 | upper_limit, relative: 0.05}: until the 68 % interval is that narrow");
    o.add("max_toys", &StopPart::max_toys, "the most toys of a hypothesis and side for a precision", at_least(1));
    return o;
  }
};

struct PrecisionPart {
  std::string quantity;
  double relative = 0.0;

  static OptionSet<PrecisionPart> options() {
    OptionSet<PrecisionPart> o;
    o.add("quantity", &PrecisionPart::quantity, "what is to be precise", required(one_of({"CLs", "CLsb", "CLb", "p0", "upper_limit"})));
    o.add("relative", &PrecisionPart::relative, "half width of the 68 % interval over the value", required(above(0.0)));
    return o;
  }
};

struct LimitPart {
  double confidence = 0.95;
  std::uint64_t pilot = 1000;

  static OptionSet<LimitPart> options() {
    OptionSet<LimitPart> o;
    o.add("confidence", &LimitPart::confidence, "confidence level", between(0.5, 0.9999));
    o.add("pilot", &LimitPart::pilot, "toys of a hypothesis and side with which signal strengths are placed around the limit", at_least(100));
    return o;
  }
};

struct IntervalPart {
  double confidence = 0.6827;
  Range range{0.0, 0.0};
  std::uint64_t points = 21;

  static OptionSet<IntervalPart> options() {
    OptionSet<IntervalPart> o;
    o.add("confidence", &IntervalPart::confidence, "confidence level", between(0.5, 0.9999));
    o.add("range", &IntervalPart::range, "signal strengths to look at", required());
    o.add("points", &IntervalPart::points, "signal strengths tested, evenly in the range", between(3, 1000));
    return o;
  }
};

struct ToyPart {
  std::string statistic;
  std::vector<double> hypotheses;
  Config limit;
  Config interval;
  bool discovery = false, fit = false;
  std::uint64_t block = 0;

  static OptionSet<ToyPart> options() {
    OptionSet<ToyPart> o;
    o.add("statistic", &ToyPart::statistic,
          "see `umbra list statistics` (default: qmu_tilde; q0 for a discovery, tmu_tilde for an interval, saturated for a goodness of fit)");
    o.add("hypotheses", &ToyPart::hypotheses, "signal strengths to test");
    o.add("limit", &ToyPart::limit, "{confidence: 0.95}: the upper limit on the signal strength");
    o.add("discovery", &ToyPart::discovery, "true: the p-value of no signal");
    o.add("interval", &ToyPart::interval, "{range: [0, 3]}: the interval of the signal strength by Feldman and Cousins, arXiv:physics/9711021");
    o.add("goodness_of_fit", &ToyPart::fit, "true: the p-value of the model without a signal against any other");
    o.add("block", &ToyPart::block, "toys in a task; a precision is judged after each (default: 10, 100 or 1000 by the size of the model)",
          at_least(0));
    return o;
  }
};

// The job, read. On each rank the model and the statistic are made anew from it.
struct ToySetup {
  Config model, statistic;
  ToyEnsembleOptions options;

  std::unique_ptr<ToyModel> make_model(Faults& faults) const { return ToyModelRegistry::instance().make(model, faults); }
  std::unique_ptr<TestStatistic> make_statistic(Faults& faults) const { return TestStatisticRegistry::instance().make(statistic, faults); }
};

ToyStop read_stop(const Job& job, ToyGoal goal, Faults& faults) {
  ToyStop stop;
  const StopPart part = StopPart::options().read(job.stop_rest, faults, "stop", {});
  const Mark mark = job.root.find("stop") ? job.root.find("stop")->mark() : job.root.mark();
  if (job.stop.evaluations) faults.add(mark, "stop: 'evaluations' counts points of a scan: write toys: N");
  if (part.toys > 0 && !part.precision.is_null()) faults.add(mark, "stop: both 'toys' and 'precision' say when to stop: leave one away");
  if (part.toys == 0 && part.precision.is_null())
    faults.add(mark, "nothing says when to stop: add stop: {toys: 10000}, or stop: {precision: {quantity: CLs, relative: 0.05}, max_toys: 1000000}");
  stop.toys = part.toys;
  if (part.precision.is_null()) return stop;
  const std::size_t before = faults.size();
  const PrecisionPart precision = PrecisionPart::options().read(part.precision, faults, "stop: precision", {});
  stop.quantity = precision.quantity;
  stop.relative = precision.relative;
  stop.max_toys = part.max_toys;
  const bool two_sides = goal == ToyGoal::hypotheses || goal == ToyGoal::limit;
  const bool fits = stop.quantity == "p0"            ? goal == ToyGoal::discovery
                    : stop.quantity == "upper_limit" ? goal == ToyGoal::limit
                    : stop.quantity == "CLsb"        ? goal != ToyGoal::discovery
                                                     : two_sides;
  if (!fits && faults.size() == before) faults.add(part.precision.mark(), fmt::format("stop: precision: this job gives no {}", stop.quantity));
  return stop;
}

std::optional<ToySetup> read_setup(const Job& job, Faults& faults) {
  const std::size_t before = faults.size();
  const ToyPart part = ToyPart::options().read(job.root, faults, "job", {"name", "seed", "workflow", "model", "stop", "failures", "output"});
  ToySetup setup;
  const bool limit = !part.limit.is_null(), interval = !part.interval.is_null();
  const int goals = static_cast<int>(!part.hypotheses.empty()) + static_cast<int>(limit) + static_cast<int>(part.discovery) +
                    static_cast<int>(interval) + static_cast<int>(part.fit);
  if (goals != 1)
    faults.add(job.root.mark(),
               "say what to test by one of hypotheses: [0.5, 1, 2], limit: {confidence: 0.95}, discovery: true, interval: {range: [0, 3]}, "
               "goodness_of_fit: true");
  ToyEnsembleOptions& o = setup.options;
  o.goal = part.discovery ? ToyGoal::discovery
           : limit        ? ToyGoal::limit
           : interval     ? ToyGoal::interval
           : part.fit     ? ToyGoal::fit
                          : ToyGoal::hypotheses;
  o.tested = part.hypotheses;
  o.seed = job.seed;
  if (limit) {
    const LimitPart l = LimitPart::options().read(part.limit, faults, "limit", {});
    o.confidence = l.confidence;
    o.pilot = l.pilot;
  }
  if (interval) {
    const IntervalPart i = IntervalPart::options().read(part.interval, faults, "interval", {});
    o.confidence = i.confidence;
    for (std::uint64_t k = 0; k < i.points; ++k)
      o.tested.push_back(i.range.low + (i.range.high - i.range.low) * static_cast<double>(k) / static_cast<double>(i.points - 1));
  }
  o.stop = read_stop(job, o.goal, faults);
  const std::string usual = part.discovery ? "q0" : interval ? "tmu_tilde" : part.fit ? "saturated" : "qmu_tilde";
  const Config* said = job.root.find("statistic");
  setup.statistic = Config::map({{"type", said ? *said : Config(usual), {}}}, said ? said->mark() : job.root.mark());
  const std::string statistic = said ? said->text() : usual;
  if (statistic == "qmu_tilde") o.asymptotic = LimitStatistic::qmu_tilde;
  if (statistic == "qmu") o.asymptotic = LimitStatistic::qmu;
  if ((statistic == "q0") != part.discovery && goals == 1)
    faults.add(setup.statistic.mark(), part.discovery ? "a discovery is tested with q0: leave 'statistic' away"
                                                      : "q0 tests a discovery: write discovery: true, or take another statistic");
  setup.make_statistic(faults);
  const Config* model = job.root.find("model");
  if (!model) faults.add(job.root.mark(), "'model' is missing: {type: histfactory, workspace: FILE}, or another of `umbra list \"toy models\"`");
  if (model) {
    setup.model = *model;
    const auto probe = setup.make_model(faults);
    if (probe && !part.fit && probe->poi() == ToyModel::none)
      faults.add(model->mark(), "model: there is no parameter of interest to test: name one with poi, or in the measurement");
    if (probe) o.block = part.block > 0 ? part.block : usual_block(*probe, o.tested.size());
  }
  if (faults.size() != before) return {};
  return setup;
}

class ToyWork final : public Work {
 public:
  explicit ToyWork(ToyTasks tasks) : tasks_(std::move(tasks)) {}
  void run(const Task& task, Outcome& outcome) override { tasks_.run(task, outcome); }

 private:
  ToyTasks tasks_;
};

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

std::string details(const Sampler& sampler, double confidence) {
  const auto& ensemble = dynamic_cast<const ToyEnsemble&>(sampler);
  Json j = Json::object();
  for (const ToyTest& t : ensemble.tests()) j["hypotheses"].push_back(to_json(t));
  if (const auto limits = ensemble.limits()) j["upper_limit"] = to_json(*limits, confidence);
  put_interval(j, ensemble.interval_points(), confidence);
  if (const auto f = ensemble.fraction())
    j[f->asymptotic ? "discovery" : "goodness_of_fit"] = f->asymptotic ? to_json(*f, "q0", "p0") : to_json(*f, "q", "p");
  return j.dump();
}

class Toys final : public Workflow {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit Toys(const Options&) {}

  Plan plan(const Job& job, Faults& faults) const override {
    Plan plan;
    const auto setup = read_setup(job, faults);
    if (!setup) return plan;
    plan.tables.push_back({.name = "toys", .kind = TaskKind::toys, .columns = toy_table_columns(), .source = RowSource::rows});
    plan.work = [setup = *setup]() -> std::unique_ptr<Work> {
      Faults none;
      return std::make_unique<ToyWork>(ToyTasks(setup.make_model(none), setup.make_statistic(none), setup.options.seed));
    };
    plan.sampler = [setup = *setup]() -> std::unique_ptr<Sampler> {
      Faults none;
      return std::make_unique<ToyEnsemble>(setup.options, setup.make_model(none), setup.make_statistic(none));
    };
    plan.details = [confidence = setup->options.confidence](const Sampler& sampler) { return details(sampler, confidence); };
    plan.rules.kind = TaskKind::toys;
    plan.rules.failure_budget = job.failures.budget;
    plan.rules.budget_after = job.failures.after;
    return plan;
  }
};

[[maybe_unused]] const bool registered =
    WorkflowRegistry::instance().add<Toys>("toys", "p-values, limits and significances from pseudo-experiments of a likelihood", "arXiv:1007.1727");

}  // namespace
}  // namespace umbra
