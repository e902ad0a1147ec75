#pragma once
// Tasks of a learning campaign: points, the test set, training, scoring.

#include "jobs/work.h"
#include "workflows/job.h"

namespace umbra {

/// @param job without faults for LearnSetup
WorkFactory learn_work_factory(const Job& job);

}  // namespace umbra
