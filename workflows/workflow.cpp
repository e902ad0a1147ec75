#include "workflows/workflow.h"

namespace umbra {

std::unique_ptr<Workflow> find_workflow(const Job& job, Faults& faults) {
  const auto& registry = WorkflowRegistry::instance();
  const auto found = registry.entries().find(job.workflow);
  if (found != registry.entries().end()) return found->second.make(Config(), faults);
  const Config* key = job.root.find("workflow");
  faults.add(key ? key->mark() : Mark{}, fmt::format("unknown workflow '{}'{}", job.workflow, suggestion(job.workflow, registry.names())));
  return nullptr;
}

}  // namespace umbra
