// workflow: scan. A sampler proposes points, the ranks evaluate them.

#include <algorithm>

#include "src/base/error.h"
#include "src/models/point.h"
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
    detail::check_keys(job.root, {"name", "seed", "workflow", "parameters", "preset", "require", "model", "constraints", "sampler", "stop", "failures", "output"}, "job", faults);
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
    const Config with_stop = join_stop(*sampler, job.stop_rest);
    const std::size_t before = faults.size();
    const auto probe = SamplerRegistry::instance().make(with_stop, faults, context);
    if (probe && !job.stop.evaluations && probe->end() == Sampler::no_end && !probe->stops_by_itself() && !job.stop.walltime)
      faults.add(job.root.mark(), "nothing says when to stop: add stop: {evaluations: N}");
    if (!points || faults.size() != before) return plan;

    plan.tables.push_back({.name = "points", .kind = TaskKind::point, .columns = points->columns()});
    plan.work = point_work_factory(job.root, job.seed);
    plan.sampler = [with_stop, context]() {
      Faults none;
      return SamplerRegistry::instance().make(with_stop, none, context);
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
  // Stop criteria that only a sampler understands (remaining_evidence, effective_samples) are options of it.
  static Config join_stop(Config sampler, const Config& stop) {
    for (const Config::Item& i : stop.items()) sampler.set(i.key, i.value, i.mark);
    return sampler;
  }
};

[[maybe_unused]] const bool registered = WorkflowRegistry::instance().add<Scan>("scan", "evaluate the points that a sampler proposes");

}  // namespace
}  // namespace umbra
