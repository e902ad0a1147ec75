#pragma once
// A learning loop in one process on a boundary that is known: blobs in memory, tasks done in any order.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include "src/base/random.h"
#include "src/learning/learner.h"
#include "src/learning/learning_tasks.h"
#include "tests/src/samplers/drive.h"

namespace umbra::test {

class MemoryBlobs final : public BlobStore {
 public:
  void put(const std::string& name, std::uint64_t key, std::string_view bytes) override { blobs[name] = {key, std::string(bytes)}; }
  std::optional<std::string> get(const std::string& name, std::uint64_t key) override {
    const auto found = blobs.find(name);
    if (found == blobs.end() || found->second.first != key) return {};
    return found->second.second;
  }
  std::string expect(const std::string& name, std::uint64_t key) override { return get(name, key).value(); }
  void remove(const std::string& name) override { blobs.erase(name); }
  std::map<std::string, std::pair<std::uint64_t, std::string>> blobs;
};

/// Whether a point is of class 1; NaN: it has no class.
using Truth = std::function<double(std::span<const double> u)>;

struct Toy {
  std::size_t dim = 2;
  std::uint64_t seed = 1;
  LearnerOptions options;
  std::vector<Config::Item> committee = {{"type", Config("forest"), {}}};
  std::uint64_t candidates = 4000;
  Score score = Score::margin;
  double power = 0.0;
  Truth truth;
  std::shared_ptr<const Candidates> source = nullptr;  ///< instead of fresh ones
  GivenPoints given = {};
};

class ToyLearning {
 public:
  explicit ToyLearning(Toy toy, std::shared_ptr<MemoryBlobs> blobs = std::make_shared<MemoryBlobs>()) : toy_(std::move(toy)), blobs_(std::move(blobs)) {
    Faults faults;
    committee_ = CommitteeRegistry::instance().make(Config::map(toy_.committee), faults, CommitteeContext{toy_.dim, toy_.options.classes, toy_.seed});
    faults.throw_if_any("test");
    if (!toy_.source) toy_.source = fresh_candidates(toy_.dim, toy_.seed, toy_.candidates, nullptr);
    tasks_ = std::make_unique<LearningTasks>(LearningTasks::Parts{committee_, toy_.source, blobs_, toy_.dim, toy_.score, toy_.options.classes, {""}, toy_.power, toy_.seed});
    learner_ = make();
  }

  std::unique_ptr<Learner> make() const {
    const SamplerContext context{toy_.dim, std::vector<bool>(toy_.dim, false), toy_.seed};
    Learner::Parts parts;
    parts.context = context;
    parts.committee_parts = committee_->parts();
    parts.identity = 77;
    parts.target = [](const Outcome& o, std::size_t) { return std::isnan(o.values.back()) ? std::nullopt : std::optional(static_cast<float>(o.values.back())); };
    parts.start = test::make("random", context);
    parts.given = toy_.given;
    parts.candidates = toy_.source;
    parts.blobs = blobs_;
    return std::make_unique<Learner>(toy_.options, std::move(parts));
  }

  Outcome work(const Task& task) {
    Outcome o;
    o.kind = task.kind;
    o.id = task.id;
    if (task.kind == TaskKind::train || task.kind == TaskKind::score) {
      tasks_->run(task, o);
      return o;
    }
    const auto u = doubles(task.payload);
    o.values.assign(u.begin(), u.end());
    o.values.push_back(toy_.truth(u));
    if (task.kind == TaskKind::point) points[task.id] = {u.begin(), u.end()};
    return o;
  }

  /// Until done, with `in_flight` tasks out, told in the order of `shuffle`; or until so many outcomes.
  void run(std::size_t in_flight = 1, std::uint64_t shuffle = 0, std::size_t most = 1000000) {
    RandomStream order(shuffle, Purpose::test, 0);
    std::vector<Task> pending;
    for (std::size_t n = 0; n < most && !learner_->done(); ++n) {
      if (pending.size() < in_flight)
        for (Task& t : learner_->ask(in_flight - pending.size())) pending.push_back(std::move(t));
      if (pending.empty()) {
        stuck = true;
        return;
      }
      const std::size_t i = shuffle == 0 ? 0 : order.index(pending.size());
      const Task task = std::move(pending[i]);
      pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(i));
      learner_->tell(work(task));
    }
  }

  Learner& learner() { return *learner_; }
  /// Saved and loaded: tasks that were given and not told are given again.
  void restart() {
    std::stringstream state;
    learner_->save(state);
    learner_ = make();
    learner_->load(state);
  }
  MemoryBlobs& blobs() { return *blobs_; }
  const VotersList& newest_committee() { return tasks_->committee(learner_->newest_committee()); }
  LearnerOptions& options() { return toy_.options; }

  std::map<TaskId, std::vector<double>> points;
  bool stuck = false;

 private:
  Toy toy_;
  std::shared_ptr<MemoryBlobs> blobs_;
  std::shared_ptr<const Committee> committee_;
  std::unique_ptr<LearningTasks> tasks_;
  std::unique_ptr<Learner> learner_;
};

/// Random sampling is a batch all of which is drawn from the prior.
inline std::vector<LearningStep> curve(Toy toy, bool active) {
  toy.options.random_share = active ? toy.options.random_share : 1.0;
  ToyLearning learning(std::move(toy));
  learning.run();
  if (learning.stuck) throw std::logic_error("the learner has nothing to do and is not done");
  return learning.learner().curve();
}

inline std::vector<Config::Item> committee(const std::string& type, std::vector<Config::Item> options = {}) {
  options.insert(options.begin(), {"type", Config(type), {}});
  return options;
}

/// A ball of this radius about the middle.
inline Truth ball(double radius) {
  return [radius](std::span<const double> u) {
    double sum = 0.0;
    for (const double x : u) sum += (x - 0.5) * (x - 0.5);
    return sum < radius * radius ? 1.0 : 0.0;
  };
}

}  // namespace umbra::test
