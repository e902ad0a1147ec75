// Uniform random points: the measure against which every other sampler is quoted.

#include "src/base/random.h"
#include "src/samplers/coverage.h"

namespace umbra {
namespace {

class Random : public Coverage {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }
  Random(Options, const SamplerContext& context) : Coverage(context, no_end) { refuse_start(context, "each of its points follows from the seed and its number alone"); }

 private:
  void place(TaskId id, std::span<double> u) const override { RandomStream(context_.seed, Purpose::propose, id).fill_uniform(u); }
};

const bool registered = SamplerRegistry::instance().add<Random>("random", "independent points, uniform in the unit cube (each parameter follows its prior)");

}  // namespace
}  // namespace umbra
