#pragma once
// The job file of a learning campaign, read: what ranks and the coordinator make their parts of.

#include <memory>
#include <optional>

#include "src/learning/learner.h"
#include "src/learning/learning_tasks.h"
#include "src/learning/target.h"
#include "src/models/point.h"
#include "workflows/earlier_run.h"
#include "workflows/job.h"

namespace umbra {

struct LearnSetup {
  std::optional<PointEvaluator> points;
  std::optional<Target> target;
  std::shared_ptr<const Committee> committee;
  std::shared_ptr<const Candidates> candidates;
  LearnerOptions options;
  Score score = Score::margin;
  double power = 0.0;  ///< LearningTasks::Parts::power
  Config start_sampler;             ///< null where the start set is given
  EarlierRunOptions start_from;     ///< the given start set
  std::optional<std::string> baseline;  ///< run directory of a campaign to compare with
  Config job;
  std::uint64_t identity = 0;
  std::string directory;            ///< of the blobs
  SamplerContext context;

  /// Usable only where no fault was added. Reads the file of candidates where there is one, not the start set.
  static std::optional<LearnSetup> read(const Job& job, Faults& faults);

  LearningTasks::Parts task_parts() const;
  /// Reads the start set where it is given. On rank 0.
  std::unique_ptr<Learner> make_learner() const;

 private:
  std::vector<std::string> target_names() const;
  std::unique_ptr<Sampler> make_start(Faults& faults) const;
  GivenPoints read_start() const;
};

}  // namespace umbra
