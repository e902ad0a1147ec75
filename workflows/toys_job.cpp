#include "workflows/toys_job.h"

#include <fmt/format.h>

#include "workflows/toys_block.h"
#include "workflows/toys_faults.h"

namespace umbra {
namespace {

constexpr double most_toys = 1e15;

// Options of `stop` that belong to toys.
struct StopPart {
  std::uint64_t toys = 0, max_toys = 1000000;
  Config precision;

  static OptionSet<StopPart> options() {
    OptionSet<StopPart> o;
    o.add("toys", &StopPart::toys, "toys of each hypothesis and side, rounded up to whole blocks", between(1, most_toys));
    o.add("precision", &StopPart::precision,
          "{quantity: CLs | CLsb | CLb | p0 | upper_limit | global_p, relative: 0.05}: until the 68 % interval is that narrow");
    o.add("max_toys", &StopPart::max_toys, "the most toys of a hypothesis and side for a precision", between(1, most_toys));
    return o;
  }
};

struct PrecisionPart {
  std::string quantity;
  double relative = 0.0;

  static OptionSet<PrecisionPart> options() {
    OptionSet<PrecisionPart> o;
    o.add("quantity", &PrecisionPart::quantity, "what is to be precise", required(one_of({"CLs", "CLsb", "CLb", "p0", "upper_limit", "global_p"})));
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

struct ImportancePart {
  std::vector<double> signal_strengths;
  double background_share = 0.2;

  static OptionSet<ImportancePart> options() {
    OptionSet<ImportancePart> o;
    o.add("signal_strengths", &ImportancePart::signal_strengths, "where toys are made beside the background (default: by the data)");
    o.add("background_share", &ImportancePart::background_share, "share of the toys that is made without signal; no weight is above its inverse",
          between(0.01, 0.99));
    return o;
  }
};

struct ToyPart {
  Config statistic;
  std::vector<double> hypotheses;
  Config limit;
  Config interval;
  Config importance;
  bool discovery = false, fit = false;
  std::uint64_t block = 0;

  static OptionSet<ToyPart> options() {
    OptionSet<ToyPart> o;
    o.add("statistic", &ToyPart::statistic,
          "a name of `umbra list statistics`, or {type: NAME, OPTION: ...} (default: qmu_tilde; q0 for a discovery, tmu_tilde for an interval, saturated for a goodness of fit)");
    o.add("hypotheses", &ToyPart::hypotheses, "signal strengths to test");
    o.add("limit", &ToyPart::limit, "{confidence: 0.95}: the upper limit on the signal strength");
    o.add("discovery", &ToyPart::discovery, "true: the p-value of no signal");
    o.add("importance", &ToyPart::importance,
          "importance sampling for the p-value of a discovery: true, false or its options (default: where the formulae put p0 below 1e-4)");
    o.add("interval", &ToyPart::interval, "{range: [0, 3]}: the interval of the signal strength by Feldman and Cousins, arXiv:physics/9711021");
    o.add("goodness_of_fit", &ToyPart::fit, "true: the p-value of the model without a signal against any other");
    o.add("block", &ToyPart::block,
          "toys in a task; a precision is judged after each (default: 10, 100 or 1000 by the size of the model, 10 for a library, not more than are asked for)",
          between(0, static_cast<double>(largest_block)));
    return o;
  }
};

ImportanceOptions read_importance(const Config& config, bool discovery, Faults& faults) {
  ImportanceOptions options;
  if (config.is_null()) return options;
  if (!discovery) faults.add(config.mark(), "importance: makes toys for the p-value of a discovery: add discovery: true, or leave it away");
  if (config.is_scalar()) {
    if (config.text() != "true" && config.text() != "false")
      faults.add(config.mark(), "importance: expected true, false, or {signal_strengths: [...], background_share: 0.2}");
    options.use = config.text() == "false" ? Importance::off : Importance::on;
    return options;
  }
  const ImportancePart part = ImportancePart::options().read(config, faults, "importance", {});
  options.use = Importance::on;
  options.signal_strengths = part.signal_strengths;
  options.background_share = part.background_share;
  for (const double poi : part.signal_strengths)
    if (!(poi > 0)) faults.add(config.mark(), fmt::format("importance: signal_strengths: {} is no signal strength above 0", poi));
  return options;
}

void require_global(const ToyFamily& family, const Job& job, Faults& faults) {
  const Mark mark = job.root.find("stop")->mark();
  if (family.size() == 1) faults.add(mark, "stop: precision: a global_p is one of several signals: name them with patch_names in the model");
  for (std::size_t m = 1; m < family.size(); ++m)
    if (family[m].background != 0)
      return faults.add(mark, fmt::format("stop: precision: there is no global_p, as {} and {} do not have the same background ({})", family[0].name,
                                          family[m].name, family[m].difference));
}

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
  const bool fits = stop.quantity == "p0" || stop.quantity == "global_p" ? goal == ToyGoal::discovery
                    : stop.quantity == "upper_limit" ? goal == ToyGoal::limit
                    : stop.quantity == "CLsb"        ? goal != ToyGoal::discovery
                                                     : two_sides;
  if (!fits && faults.size() == before) faults.add(part.precision.mark(), fmt::format("stop: precision: this job gives no {}", stop.quantity));
  return stop;
}

}  // namespace

std::optional<ToySetup> read_toys(const Job& job, Faults& faults) {
  const std::size_t before = faults.size();
  const ToyPart part = ToyPart::options().read(job.root, faults, "job", {"name", "seed", "workflow", "model", "stop", "failures", "slice", "output"});
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
  for (const double poi : part.hypotheses) o.tested.push_back(poi + 0.0);  // -0 is 0
  if (const Config* hypotheses = job.root.find("hypotheses")) require_distinct(*hypotheses, faults);
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
  o.importance = read_importance(part.importance, part.discovery, faults);
  o.stop = read_stop(job, o.goal, faults);
  const std::string usual = part.discovery ? "q0" : interval ? "tmu_tilde" : part.fit ? "saturated" : "qmu_tilde";
  const Config* said = job.root.find("statistic");
  setup.statistic = said && said->is_map() ? *said : Config::map({{"type", said ? *said : Config(usual), {}}}, said ? said->mark() : job.root.mark());
  const Config* type = setup.statistic.find("type");
  const std::string statistic = type ? type->text() : "";
  if (statistic == "qmu_tilde") o.asymptotic = LimitStatistic::qmu_tilde;
  if (statistic == "qmu") o.asymptotic = LimitStatistic::qmu;
  o.statistic_is_q0 = statistic == "q0";
  if (const auto made = setup.make_statistic(faults); made && goals == 1) require_suited(*made, statistic, o.goal, setup.statistic.mark(), faults);
  if (part.discovery && !o.statistic_is_q0 && o.importance.use == Importance::on)
    faults.add(part.importance.mark(), "importance: places toys by q0: leave 'statistic' away, or importance");
  if (part.discovery && !o.statistic_is_q0 && o.stop.quantity == "global_p")
    faults.add(job.root.find("stop")->mark(), "stop: precision: a global_p is one of q0: leave 'statistic' away, or take p0");
  const Config* model = job.root.find("model");
  if (!model) faults.add(job.root.mark(), "'model' is missing: {type: histfactory, workspace: FILE}, or another of `umbra list \"toy models\"`");
  if (model) {
    setup.model = *model;
    const auto probe = setup.make_family(faults);
    for (std::size_t m = 0; probe && !part.fit && m < probe->size(); ++m)
      if (probe->model(m).poi() == ToyModel::none) {
        faults.add(model->mark(), fmt::format("model: {}there is no parameter of interest to test: name one with poi, or in the measurement", probe->about(m)));
        break;
      }
    if (probe) {
      setup.noun = probe->noun();
      const BlockChoice block = part.block > 0 ? BlockChoice{part.block, false} : choose_block(job, *probe, o.tested.size(), o.stop.toys);
      o.block = block.toys;
      setup.unusual_block = block.unusual;
      const Config* strengths = job.root.find(interval ? "interval" : "hypotheses");
      require_defined(o.tested, *probe, strengths ? strengths->mark() : model->mark(), faults);
      if (o.stop.quantity == "global_p") require_global(*probe, job, faults);
    }
  }
  if (faults.size() != before) return {};
  return setup;
}

}  // namespace umbra
