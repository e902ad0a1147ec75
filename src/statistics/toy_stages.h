#pragma once
// Which toys a task id stands for. Stages follow one another; within a stage block by block, in each block one task for each source.

#include <cstdint>
#include <deque>
#include <vector>

#include "src/base/task.h"
#include "src/statistics/toy_tasks.h"

namespace umbra {

/// Toys of one hypothesis, and which strengths (counted by the caller) are tested with them.
struct ToySource {
  ToySide side = ToySide::tested;
  std::size_t member = 0;  ///< whose model makes them
  std::vector<std::size_t> strengths;
};

class ToyStages {
 public:
  struct Stage {
    TaskId first = 0;
    std::uint64_t first_block = 0, blocks = 0;
    std::vector<ToySource> sources;

    TaskId end() const { return first + blocks * sources.size(); }
  };
  /// Valid until clear().
  struct Place {
    const Stage* stage;
    const ToySource* source;
    std::uint64_t block;  ///< within the stage
    bool last;            ///< source of its block
  };

  const Stage& begin(std::vector<ToySource> sources, std::uint64_t first_block, std::uint64_t blocks) {
    stages_.push_back({stages_.empty() ? 0 : stages_.back().end(), first_block, blocks, std::move(sources)});
    return stages_.back();
  }
  const Stage& last() const { return stages_.back(); }
  Place find(TaskId id) const;
  void clear() { stages_.clear(); }

 private:
  std::deque<Stage> stages_;
};

}  // namespace umbra
