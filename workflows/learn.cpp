// workflow: learn. A committee chooses the points whose evaluation teaches it most; its last state is a model that others can use.

#include "io/model_store.h"
#include "src/base/error.h"
#include "workflows/build_info.h"
#include "workflows/learn_setup.h"
#include "workflows/learn_work.h"
#include "workflows/workflow.h"

namespace umbra {
namespace {

Group curve_group(const Learner& learner) {
  std::vector<std::int64_t> evaluations, usable;
  std::map<std::string, std::vector<double>> columns;
  for (const LearningStep& s : learner.curve()) {
    evaluations.push_back(static_cast<std::int64_t>(s.evaluations));
    usable.push_back(static_cast<std::int64_t>(s.usable));
    for (const auto& [name, value] : learner.measures(s)) columns[name].push_back(value);
  }
  Group group{"learning", {}, {}};
  group.series.push_back({"evaluations", evaluations, "", "n"});
  group.series.push_back({"training_points", usable, "", "n"});
  for (const auto& [name, values] : columns) group.series.push_back({name, values, "", name});
  return group;
}

Group calibration_group(const Calibration& calibration) {
  std::vector<double> low;
  std::vector<std::int64_t> points, right;
  for (std::size_t i = 0; i < calibration.bins().size(); ++i) {
    low.push_back(static_cast<double>(i) / static_cast<double>(calibration.bins().size()));
    points.push_back(static_cast<std::int64_t>(calibration.bins()[i].points));
    right.push_back(static_cast<std::int64_t>(calibration.bins()[i].right));
  }
  return {"learning/calibration", {}, {{"vote_from", low, "", "p"}, {"points", points, "", "n"}, {"right", right, "", "n"}}};
}

LearnedModel newest_model(const Job& job, const LearnSetup& setup, const Learner& learner) {
  ModelCard card;
  card.name = job.name;
  card.target = setup.target->text();
  card.columns = setup.target->columns();
  card.classes = setup.target->classes();
  Faults none;
  const Config* preset = job.root.find("preset");
  card.parameters = preset ? Presets::get(preset->text(), preset->mark(), none) : *job.root.find("parameters");
  const Config* committee = job.root.find("committee");
  card.committee = committee ? *committee : Config::map({{"type", "forest", {}}});
  card.seed = job.seed;
  const LearningStep& step = learner.newest_step();
  card.training_points = step.usable;
  card.evaluations = step.evaluations;
  for (const auto& [name, value] : learner.numbers(step)) card.metrics[name] = value;
  card.calibration = learner.newest_calibration();
  card.provenance = {{"program", "umbra " + version()}, {"build", build_info()}, {"run", job.output.directory}, {"job", job.file}};
  if (const Config* slha = job.root.find("slha"))
    for (const Config::Item& i : slha->items()) card.slha[i.key] = i.value.text();
  cover_box(setup.points->space(), learner.newest_training_points(), card.low, card.high);
  LearningTasks tasks(setup.task_parts());
  return LearnedModel(std::move(card), tasks.committee(learner.newest_committee()));
}

void leave_model(const Job& job, const Sampler& sampler) {
  const auto& learner = dynamic_cast<const Learner&>(sampler);
  if (learner.newest() == 0) return;
  Faults none;
  save_model(job.output.directory + "/model", newest_model(job, *LearnSetup::read(job, none), learner));
}

class Learn final : public Workflow {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  explicit Learn(const Options&) {}

  Plan plan(const Job& job, Faults& faults) const override {
    detail::check_keys(job.root, {"name", "seed", "workflow", "parameters", "preset", "require", "model", "constraints", "target", "start", "committee", "query", "test", "baseline", "slha", "stop", "failures", "slice", "output"},
                       "job", faults);
    Plan plan;
    const auto setup = LearnSetup::read(job, faults);
    if (!setup) return plan;
    plan.tables.push_back({.name = "points", .kind = TaskKind::point, .columns = setup->points->columns()});
    if (setup->options.test > 0) plan.tables.push_back({.name = "test", .kind = TaskKind::custom, .columns = setup->points->columns()});
    plan.work = learn_work_factory(job);
    plan.sampler = [job]() -> std::unique_ptr<Sampler> {
      Faults none;
      return LearnSetup::read(job, none)->make_learner();
    };
    plan.stand_in = [context = setup->context] {
      Faults none;
      return SamplerRegistry::instance().make(Config::map({{"type", "random", {}}}), none, context);
    };
    plan.conclude = [job](const Sampler& sampler) {
      const auto& learner = dynamic_cast<const Learner&>(sampler);
      std::vector<Group> groups;
      if (learner.curve().empty()) return groups;
      groups.push_back(curve_group(learner));
      if (learner.newest() == 0) return groups;
      if (const Calibration calibration = learner.newest_calibration(); !calibration.bins().empty()) groups.push_back(calibration_group(calibration));
      leave_model(job, learner);
      return groups;
    };
    plan.pause = [job](const Sampler& sampler) { leave_model(job, sampler); };
    plan.rules.failure_budget = job.failures.budget;
    plan.rules.budget_after = job.failures.after;
    plan.rules.dim = setup->points->dim();
    plan.rules.periodic = setup->points->space().periodic();
    plan.parameters = setup->points->space().names();
    plan.first_parameter = setup->points->dim();
    return plan;
  }
};

[[maybe_unused]] const bool registered = WorkflowRegistry::instance().add<Learn>("learn", "train a committee on points that it chooses itself, and leave a model", "arXiv:1905.08628");

}  // namespace
}  // namespace umbra
