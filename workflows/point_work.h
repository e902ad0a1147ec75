#pragma once
// Tasks of kind point: u in, a row out.

#include "jobs/work.h"
#include "src/base/config.h"

namespace umbra {

/// @param job a job file without faults in parameters, require, model and constraints
WorkFactory point_work_factory(const Config& job, std::uint64_t seed);

}  // namespace umbra
