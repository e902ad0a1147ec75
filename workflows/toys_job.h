#pragma once
// What a job file says of toys: the model, the statistic, what is to be found out, and when there are enough.

#include <memory>
#include <optional>

#include "src/statistics/toy_ensemble.h"
#include "workflows/job.h"

namespace umbra {

/// The job, read. On each rank the model and the statistic are made anew from it.
struct ToySetup {
  Config model, statistic;
  std::string noun;  ///< of the family's members
  bool unusual_block = false;  ///< the run's job.yaml is to say options.block
  ToyEnsembleOptions options;

  std::unique_ptr<ToyFamily> make_family(Faults& faults) const { return make_toy_family(model, faults); }
  std::unique_ptr<TestStatistic> make_statistic(Faults& faults) const { return TestStatisticRegistry::instance().make(statistic, faults); }
};

/// Nothing where the job has faults; all of them are added.
std::optional<ToySetup> read_toys(const Job& job, Faults& faults);

}  // namespace umbra
