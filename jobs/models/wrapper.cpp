#include "jobs/models/wrapper.h"

#include <cmath>

namespace umbra {

OptionSet<DrawnTime> drawn_time_options() {
  return OptionSet<DrawnTime>()
      .add("mean", &DrawnTime::mean, "mean time of an evaluation", at_least(0))
      .add("distribution", &DrawnTime::distribution, "how the time varies from point to point", one_of({"constant", "log_normal"}))
      .add("sigma", &DrawnTime::sigma, "standard deviation of the logarithm of the time, for log_normal", at_least(0))
      .add("inner", &DrawnTime::inner, "the model that gives the columns; a normal likelihood unless stated");
}

double draw_time(const DrawnTime& options, RandomStream& stream) {
  if (options.distribution == "constant") return options.mean.value;
  return options.mean.value * std::exp(options.sigma * stream.normal() - 0.5 * options.sigma * options.sigma);
}

std::unique_ptr<Evaluator> make_inner(const Config& config, Faults& faults, const ModelContext& context) {
  const Config* inner = config.find("inner");
  return ModelRegistry::instance().make(inner ? *inner : Config::map({{"type", Config("normal"), {}}}), faults, context);
}

}  // namespace umbra
