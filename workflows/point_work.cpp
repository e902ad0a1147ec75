#include "workflows/point_work.h"

#include <utility>

#include "src/base/error.h"
#include "src/models/point.h"

namespace umbra {
namespace {

class PointWork final : public Work {
 public:
  PointWork(PointEvaluator points, std::uint64_t seed) : points_(std::move(points)), seed_(seed) {}

  void run(const Task& task, Outcome& outcome) override {
    RandomStream stream(seed_, Purpose::evaluate, task.id);
    Evaluation e = points_.evaluate(doubles(task.payload), stream, outcome.values);
    outcome.status = e.status;
    outcome.message = std::move(e.message);
  }

  void describe(const Task& task, Outcome& outcome) override { points_.describe(doubles(task.payload), outcome.values); }

 private:
  PointEvaluator points_;
  std::uint64_t seed_;
};

}  // namespace

WorkFactory point_work_factory(const Config& job, std::uint64_t seed) {
  return [job, seed]() -> std::unique_ptr<Work> {
    Faults faults;
    auto points = PointEvaluator::read(job, faults);
    faults.throw_if_any("job");
    return std::make_unique<PointWork>(std::move(*points), seed);
  };
}

}  // namespace umbra
