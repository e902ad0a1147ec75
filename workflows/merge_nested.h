#pragma once
// umbra merge, for nested-sampling runs of one problem with different seeds.

#include <string>
#include <vector>

namespace umbra {

/// Makes the run directory `output`: the points of all runs (those of the first keep their ids, the others follow), one posterior and one evidence.
/// Nothing is evaluated. Returns the exit code. Throws UserError where a run is not finished, not of nested sampling, of another problem or of a seed that another one has.
int merge_nested_runs(const std::vector<std::string>& runs, const std::string& output, bool quiet);

}  // namespace umbra
