#include "src/samplers/sampler.h"

#include <algorithm>
#include <cmath>

#include "src/base/random.h"

namespace umbra {

void refuse_start(const SamplerContext& context, std::string_view because) {
  VALIDATE(!context.start, "it cannot start from the points of an earlier run ({}): take 'start' out, or choose a sampler that can (docs/samplers.md)", because);
}

void draw_equal_weights(SamplerResult& result, std::uint64_t seed) {
  result.equal_weight.clear();
  if (result.ids.empty()) return;
  const double largest = *std::max_element(result.log_weight.begin(), result.log_weight.end());
  for (std::size_t i = 0; i < result.ids.size(); ++i)
    result.equal_weight.push_back(std::log(RandomStream(seed, Purpose::simulate, result.ids[i], 1).uniform()) < result.log_weight[i] - largest);
}

std::string nothing_found(std::uint64_t points) {
  return fmt::format("none of {} points had a likelihood above zero: widen or move the priors to where the model is allowed, loosen constraints that are steps, or start from points that "
                     "are allowed (start: {{from: RUN}})", points);
}

}  // namespace umbra
