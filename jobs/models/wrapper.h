#pragma once
// What the models for tests and benchmarks share: they do something to a point, then hand it to an inner model.

#include <cstddef>
#include <memory>
#include <utility>

#include "src/models/evaluator.h"

namespace umbra {

/// Options of a model that takes a drawn time for each point.
struct DrawnTime {
  Seconds mean{0.1};
  std::string distribution = "constant";
  double sigma = 1.0;
  Config inner;
};
OptionSet<DrawnTime> drawn_time_options();
/// One time, s; log_normal: of the stated mean, sigma is that of its logarithm.
double draw_time(const DrawnTime& options, RandomStream& stream);

/// Makes the model under the key `inner` (a normal likelihood where there is none); null with faults where it is wrong.
std::unique_ptr<Evaluator> make_inner(const Config& config, Faults& faults, const ModelContext& context);

/// Registers T, which has `Options`, `options()` and a constructor (Options, std::unique_ptr<Evaluator> inner).
template <class T>
bool add_wrapper(const std::string& name, std::string summary) {
  return ModelRegistry::instance().add(name,
                                       {std::move(summary), "", T::options().describe(),
                                        [name](const Config& config, Faults& faults, const ModelContext& context) -> std::unique_ptr<Evaluator> {
                                          const std::size_t before = faults.size();
                                          auto options = T::options().read(config, faults, "model " + name);
                                          auto inner = make_inner(config, faults, context);
                                          if (faults.size() != before) return nullptr;
                                          return std::make_unique<T>(std::move(options), std::move(inner));
                                        }});
}

}  // namespace umbra
