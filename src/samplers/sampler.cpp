#include "src/samplers/sampler.h"

namespace umbra {

void refuse_start(const SamplerContext& context, std::string_view because) {
  VALIDATE(!context.start, "it cannot start from the points of an earlier run ({}): take 'start' out, or choose a sampler that can (docs/samplers.md)", because);
}

}  // namespace umbra
