#pragma once
// What distinguishes one workflow from another: what a task does, who asks for tasks, which tables its rows go to. The rest is shared (runner.h).

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/store.h"
#include "jobs/work.h"
#include "src/base/registry.h"
#include "src/samplers/sampler.h"
#include "workflows/job.h"
#include "workflows/ledger.h"

namespace umbra {

/// A campaign ready to run. Made on every rank from the same job.
struct Plan {
  std::vector<Table> tables;
  WorkFactory work;
  std::function<std::unique_ptr<Sampler>()> sampler;  ///< called on the rank that coordinates only, after all faults were seen
  std::function<std::unique_ptr<Sampler>()> stand_in = nullptr;  ///< for forecasts, where the sampler needs more than points; else the sampler itself
  std::function<std::unique_ptr<Sampler>()> trial = nullptr;     ///< for checks: whose first points tell how the campaign's will be; null: draws from the prior
  std::function<std::unique_ptr<Sampler>(std::uint64_t)> with_look_ahead = nullptr;  ///< the sampler with this look_ahead in place of its own, where it has such an option
  std::function<std::vector<Group>(const Sampler&)> conclude = nullptr;  ///< on rank 0 at the end of a campaign: what else it leaves; the groups go to results.h5
  std::function<void(const Sampler&)> pause = nullptr;  ///< on rank 0 where a campaign stops in good order before its end: what it leaves that is of use meanwhile
  std::function<std::string(const Sampler&)> details = nullptr;  ///< on rank 0 at the end: a JSON object of results for summary.json and /summary
  /// What tells how far it is (the current p-value), for the progress line and status.json: names and values, an error as NAME_error after NAME.
  std::function<std::vector<std::pair<std::string, double>>(const Sampler&)> progress = nullptr;
  std::function<void(Outcome&)> values_of_rows = nullptr;  ///< fills values of an outcome from its rows, for tables that keep rows; see umbra merge
  bool slices = false;  ///< whether a slice of it can be made alone: its sampler is Sliceable
  std::vector<std::pair<std::string, Config>> resolved;  ///< "key.sub": what the job file leaves open, and RUN/job.yaml is to say
  LedgerRules rules;
  std::vector<std::string> parameters;                ///< names of the entries of a row that `best` reports
  std::size_t first_parameter = 0;                    ///< position of the first of them in a row
};

/// Stateless; one object per workflow, in the registry.
class Workflow {
 public:
  static constexpr const char* registry_noun = "workflow";

  virtual ~Workflow() = default;
  /// Reads the job; adds every fault of it. The plan is usable only where none was added.
  virtual Plan plan(const Job& job, Faults& faults) const = 0;
};

using WorkflowRegistry = Registry<Workflow>;

/// The workflow that the job names; an unknown one is a fault.
std::unique_ptr<Workflow> find_workflow(const Job& job, Faults& faults);

}  // namespace umbra
