// workflow: scan. A sampler proposes points, the ranks evaluate them.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "src/base/error.h"
#include "src/models/point.h"
#include "src/samplers/sliceable.h"
#include "workflows/earlier_run.h"
#include "workflows/point_work.h"
#include "workflows/workflow.h"

namespace umbra {
namespace {

class Scan final : public Workflow {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit Scan(const Options&) {}

  Plan plan(const Job& job, Faults& faults) const override {
    detail::check_keys(job.root, {"name", "seed", "workflow", "parameters", "preset", "require", "model", "constraints", "start", "sampler", "stop", "failures", "slice", "output"}, "job", faults);
    Plan plan;
    const auto points = PointEvaluator::read(job.root, faults);
    const Config* sampler = job.root.find("sampler");
    if (!sampler) {
      faults.add(job.root.mark(), "'sampler' is missing: say how to choose the points (see `umbra list samplers`)");
      return plan;
    }
    SamplerContext context;
    context.seed = job.seed;
    if (job.stop.evaluations) context.evaluations = *job.stop.evaluations;
    context.dim = points ? points->dim() : 2;  // so that the sampler's own faults are seen in the same go
    context.periodic = points ? points->space().periodic() : std::vector<bool>(2, false);
    context.lengths = points ? points->space().lengths() : std::vector<double>(2, 1.0);
    const std::size_t before = faults.size();
    if (points) read_start(job, points->space(), context, plan, faults);
    const Config with_stop = join_stop(*sampler, job.stop_rest, faults);
    bool is_list = false, slices = false;
    if (job.coordinates && (context.start || !wants_start(job))) {
      const auto probe = SamplerRegistry::instance().make(with_stop, faults, context);
      const Config* stop = job.root.find("stop");
      const bool says = stop && (stop->find("evaluations") || stop->find("walltime"));  // rightly or wrongly
      if (probe && !says && probe->end() == Sampler::no_end && !probe->stops_by_itself())
        faults.add(job.root.mark(), "nothing says when to stop: add stop: {evaluations: N}");
      if (probe && job.stop.evaluations)
        for (const auto& [name, value] : probe->planned()) plan.resolved.emplace_back("sampler." + name, Config(std::to_string(value)));
      slices = dynamic_cast<const Sliceable*>(probe.get()) != nullptr;
      is_list = probe && context.start && probe->end() != Sampler::no_end;
    }
    if (!points || faults.size() != before) return plan;

    plan.tables.push_back({.name = "points", .kind = TaskKind::point, .columns = points->columns()});
    plan.work = point_work_factory(job.root, job.seed);
    plan.sampler = [with_stop, context]() {
      Faults none;
      return SamplerRegistry::instance().make(with_stop, none, context);
    };
    plan.slices = slices;
    if (is_list) {
      plan.trial = plan.sampler;
      plan.conclude = [start = context.start, rows = context.evaluations](const Sampler&) { return std::vector<Group>{earlier_group(*start, rows)}; };
    }
    const Config* type = sampler->find("type");
    const auto entry = SamplerRegistry::instance().entries().find(type ? type->text() : "");
    if (entry != SamplerRegistry::instance().entries().end() && std::ranges::any_of(entry->second.options, [](const OptionDoc& o) { return o.name == "look_ahead"; }))
      plan.with_look_ahead = [with_stop, context](std::uint64_t look_ahead) {
        Config changed = with_stop;
        changed.set("look_ahead", Config(std::to_string(look_ahead)));
        Faults none;
        return SamplerRegistry::instance().make(changed, none, context);
      };
    plan.rules.evaluations = context.evaluations;
    plan.rules.failure_budget = job.failures.budget;
    plan.rules.budget_after = job.failures.after;
    plan.rules.dim = context.dim;
    plan.rules.periodic = context.periodic;
    plan.parameters = points->space().names();
    plan.first_parameter = points->dim();
    return plan;
  }

 private:
  // What evaluated points were in the earlier run; parallel to the rows of /points.
  static Group earlier_group(const EarlierPoints& start, std::uint64_t rows) {
    const auto first = [&](const auto& values) { return std::vector(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(rows, values.size()))); };
    Group group{"earlier", {}, {}};
    const std::vector<TaskId> ids = first(start.ids);
    group.series.push_back({"id", std::vector<std::int64_t>(ids.begin(), ids.end()), "", ""});
    group.series.push_back({"log_likelihood", first(start.log_likelihood), "", "\\ln L"});
    if (start.sample == EarlierPoints::Sample::posterior) group.series.push_back({"log_weight", first(start.log_weight), "", "\\ln w"});
    return group;
  }

  // Where the job names an earlier run: {key, its map}. A sampler may have the keys of `start` among its own.
  static std::pair<std::string, const Config*> start_place(const Job& job) {
    const Config* sampler = job.root.find("sampler");
    if (const Config* start = job.root.find("start")) return {"start", start};
    if (sampler && sampler->find("from")) return {"sampler", sampler};
    return {"", nullptr};
  }
  static bool wants_start(const Job& job) { return start_place(job).second != nullptr; }

  static void read_start(const Job& job, const ParameterSpace& space, SamplerContext& context, Plan& plan, Faults& faults) {
    const auto [key, place] = start_place(job);
    if (!place) return;
    const Config* sampler = job.root.find("sampler");
    if (key == "start" && sampler->find("from")) return faults.add(place->mark(), "start: the sampler names the points of an earlier run too: keep one of them");
    std::vector<std::string> others;
    for (const Config::Item& i : place->items())
      if (key == "sampler") others.push_back(i.key);
    const std::size_t before = faults.size();
    const EarlierRunOptions options = EarlierRunOptions::options().read(*place, faults, key, others);
    if (!options.from && faults.size() == before) faults.add(place->mark(), "start: say from: RUN (the run directory of an earlier run)");
    if (faults.size() != before) return;
    const auto run = EarlierRun::open(options, *place, key, space, job.root, faults);
    if (!run) return;
    if (std::filesystem::weakly_canonical(run->directory()) == std::filesystem::weakly_canonical(job.output.directory))
      return faults.add(place->find("from")->mark(), fmt::format("{}: from: {} is the run directory of this job: give output: {{directory: ...}} another name", key, *options.from));
    if (!job.coordinates) return;
    try {
      auto points = std::make_shared<EarlierPoints>(run->points());
      const std::string digest = points_digest(*points);
      VALIDATE(!options.points || *options.points == digest, "{}: {} has changed since this job was made of it (points were {}, are {}): take 'points' out to start anew", key, *options.from,
               *options.points, digest);
      plan.resolved.emplace_back(key + ".points", Config(digest));
      context.start = std::move(points);
    } catch (const UserError& e) {
      faults.add(place->find("from")->mark(), e.what());
    }
  }

  // Stop criteria that only a sampler understands (remaining_evidence, effective_samples) are options of it.
  static Config join_stop(Config sampler, const Config& stop, Faults& faults) {
    const Config* type = sampler.find("type");
    const auto& samplers = SamplerRegistry::instance().entries();
    const auto entry = samplers.find(type ? type->text() : "");
    if (entry == samplers.end()) return sampler;  // a fault of its own, and what it stops at is not known
    std::vector<std::string> known = {"evaluations", "walltime"}, own;
    for (const OptionDoc& o : entry->second.options)
      if (o.stops) own.push_back(o.name);
    known.insert(known.end(), own.begin(), own.end());
    detail::check_keys(stop, known, "stop", faults);
    for (const Config::Item& i : stop.items()) {
      if (std::ranges::find(own, i.key) == own.end()) continue;
      if (sampler.find(i.key)) faults.add(i.mark, fmt::format("stop: '{}' stands in the sampler as well, keep one of them", i.key));
      else sampler.set(i.key, i.value, i.mark);
    }
    return sampler;
  }
};

[[maybe_unused]] const bool registered = WorkflowRegistry::instance().add<Scan>("scan", "evaluate the points that a sampler proposes");

}  // namespace
}  // namespace umbra
