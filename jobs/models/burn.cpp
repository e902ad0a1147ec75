// A model that uses its core for a given time, measured by the thread's own clock: an oversubscribed core makes it last longer, not work less.

#include <ctime>

#include "jobs/models/wrapper.h"

namespace umbra {
namespace {

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

class Burn : public Evaluator {
 public:
  using Options = DrawnTime;
  static OptionSet<Options> options() { return drawn_time_options(); }
  Burn(Options options, std::unique_ptr<Evaluator> inner) : options_(std::move(options)), inner_(std::move(inner)) {}

  const std::vector<Column>& columns() const override { return inner_->columns(); }
  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override {
    const double end = thread_seconds() + draw_time(options_, stream);
    while (thread_seconds() < end) {
    }
    return inner_->evaluate(theta, stream, row);
  }

 private:
  Options options_;
  std::unique_ptr<Evaluator> inner_;
};

[[maybe_unused]] const bool registered =
    add_wrapper<Burn>("burn", "uses the core for a drawn time, then evaluates an inner model (for tests and benchmarks)");

}  // namespace
}  // namespace umbra
