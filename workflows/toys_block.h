#pragma once
// How many toys a task makes where the job does not say: the same in every start of a campaign, however many toys are asked for by then.

#include <cstdint>

#include "src/statistics/toy_family.h"
#include "workflows/job.h"

namespace umbra {

struct BlockChoice {
  std::uint64_t toys;
  bool unusual;  ///< the run's job.yaml is to name it
};
/// @param tested signal strengths; @param asked toys of the first start (0: not known)
BlockChoice choose_block(const Job& job, const ToyFamily& family, std::size_t tested, std::uint64_t asked);

}  // namespace umbra
