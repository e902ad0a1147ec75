#pragma once
// umbra merge, for the slices of a campaign. It is the campaign once more, whose tasks have all been done already: its rows, its summary and what it may
// be extended from are those of one run.

#include <string>
#include <vector>

#include "workflows/runner.h"

namespace umbra {

/// Makes the run directory `output` of all slices of one job. `job_file`: where the job's relative paths start from, "" for the file that the slices were
/// started with. Throws UserError that names what is missing, unfinished, there twice or of another job.
RunnerEnd merge_slices(const std::vector<std::string>& directories, const std::string& output, const std::string& job_file, bool quiet);

}  // namespace umbra
