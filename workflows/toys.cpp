// workflow: toys. Pseudo-experiments by the million for p-values, upper limits and the significance of a discovery.

#include <fmt/format.h>

#include "jobs/toys_apart.h"
#include "src/base/error.h"
#include "workflows/toys_job.h"
#include "workflows/toys_results.h"
#include "workflows/workflow.h"

namespace umbra {
namespace {

class ToyWork final : public Work {
 public:
  explicit ToyWork(ToyTasks tasks) : tasks_(std::move(tasks)) {}
  void run(const Task& task, Outcome& outcome) override {
    const auto timeout_s = tasks_.family().model(unpack_toys(task.payload).hypothesis.member).isolation();
    if (timeout_s) apart_.run(task, *timeout_s, outcome);
    else tasks_.run(task, outcome);
  }

 private:
  ToyTasks tasks_;
  ToysApart apart_{tasks_};
};

class Toys final : public Workflow {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit Toys(const Options&) {}

  Plan plan(const Job& job, Faults& faults) const override {
    Plan plan;
    const auto setup = read_toys(job, faults);
    if (!setup) return plan;
    plan.tables.push_back({.name = "toys", .kind = TaskKind::toys, .columns = toy_table_columns(setup->noun), .source = RowSource::rows});
    plan.work = [setup = *setup]() -> std::unique_ptr<Work> {
      Faults none;
      return std::make_unique<ToyWork>(ToyTasks(*setup.make_family(none), setup.make_statistic(none), setup.options.seed));
    };
    const auto make = [setup = *setup]() -> std::unique_ptr<Sampler> {
      Faults none;
      return std::make_unique<ToyEnsemble>(setup.options, *setup.make_family(none), setup.make_statistic(none));
    };
    // It fits the data. Where that fails the job is at fault, and that is told before any rank waits for toys.
    const auto first = std::make_shared<std::unique_ptr<Sampler>>();
    try {
      if (job.coordinates) *first = make();
    } catch (const UserError& e) {
      faults.add(setup->model.mark(), fmt::format("model: {}", e.what()));
    }
    plan.sampler = [first, make] { return *first ? std::move(*first) : make(); };
    if (setup->unusual_block) plan.resolved.emplace_back("block", Config(std::to_string(setup->options.block)));
    plan.details = [confidence = setup->options.confidence](const Sampler& sampler) { return toy_results(dynamic_cast<const ToyEnsemble&>(sampler), confidence); };
    plan.progress = [](const Sampler& sampler) { return dynamic_cast<const ToyEnsemble&>(sampler).progress(); };
    plan.values_of_rows = [noun = setup->noun](Outcome& outcome) { outcome.values = toy_values(outcome.rows, noun); };
    plan.slices = ToyEnsemble::slices(setup->options);
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
