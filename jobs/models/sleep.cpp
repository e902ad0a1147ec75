// A model that waits without using the core, like one that waits for a file or a licence.

#include <chrono>
#include <thread>

#include "jobs/models/wrapper.h"

namespace umbra {
namespace {

class Sleep : public Evaluator {
 public:
  using Options = DrawnTime;
  static OptionSet<Options> options() { return drawn_time_options(); }
  Sleep(Options options, std::unique_ptr<Evaluator> inner) : options_(std::move(options)), inner_(std::move(inner)) {}

  const std::vector<Column>& columns() const override { return inner_->columns(); }
  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override {
    std::this_thread::sleep_for(std::chrono::duration<double>(draw_time(options_, stream)));
    return inner_->evaluate(theta, stream, row);
  }

 private:
  Options options_;
  std::unique_ptr<Evaluator> inner_;
};

[[maybe_unused]] const bool registered = add_wrapper<Sleep>("sleep", "sleeps a drawn time, then evaluates an inner model (for tests and benchmarks)");

}  // namespace
}  // namespace umbra
