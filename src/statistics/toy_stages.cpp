#include "src/statistics/toy_stages.h"

#include <algorithm>

#include "src/base/error.h"

namespace umbra {

ToyStages::Place ToyStages::find(TaskId id) const {
  const auto stage = std::find_if(stages_.rbegin(), stages_.rend(), [id](const Stage& s) { return s.first <= id; });
  EXPECT(stage != stages_.rend());
  const std::uint64_t within = id - stage->first, source = within % stage->sources.size();
  return {&*stage, &stage->sources[source], within / stage->sources.size(), source + 1 == stage->sources.size()};
}

}  // namespace umbra
