#include "workflows/learn_work.h"

#include <chrono>
#include <thread>
#include <utility>

#include "io/file.h"
#include "src/base/error.h"
#include "workflows/learn_setup.h"

namespace umbra {
namespace {

class LearnWork final : public Work {
 public:
  LearnWork(LearnSetup setup, std::uint64_t seed) : tasks_(setup.task_parts()), points_(std::move(*setup.points)), seed_(seed) {}

  void run(const Task& task, Outcome& outcome) override {
    if (task.kind == TaskKind::train || task.kind == TaskKind::score) return train(task, outcome);
    RandomStream stream(seed_, Purpose::evaluate, task.id, task.kind == TaskKind::point ? 0 : 1);  // test points have ids of their own
    Evaluation e = points_.evaluate(doubles(task.payload), stream, outcome.values);
    outcome.status = e.status;
    outcome.message = std::move(e.message);
  }

  void describe(const Task& task, Outcome& outcome) override {
    if (task.kind == TaskKind::point || task.kind == TaskKind::custom) points_.describe(doubles(task.payload), outcome.values);
  }

 private:
  // Members are kept in files: where the disk is full the campaign stops or waits, and so does this.
  void train(const Task& task, Outcome& outcome) {
    const Outcome empty = outcome;
    for (;; outcome = empty) {
      try {
        return tasks_.run(task, outcome);
      } catch (const FileError& e) {
        if (!e.no_space()) throw;
        std::this_thread::sleep_for(std::chrono::seconds(1));
      }
    }
  }

  LearningTasks tasks_;
  PointEvaluator points_;
  std::uint64_t seed_;
};

}  // namespace

WorkFactory learn_work_factory(const Job& job) {
  return [job]() -> std::unique_ptr<Work> {
    Faults faults;
    auto setup = LearnSetup::read(job, faults);
    faults.throw_if_any(job.file);
    return std::make_unique<LearnWork>(std::move(*setup), job.seed);
  };
}

}  // namespace umbra
