#pragma once
// Samplers whose point is a function of its id alone: they cover the space whatever the outcomes are.

#include <set>
#include <span>

#include "src/samplers/sampler.h"
#include "src/samplers/sliceable.h"

namespace umbra {

/// Gives ids in order; no task waits for another. Failures change nothing. Memory: the tasks told out of order.
class Coverage : public Sampler, public Sliceable {
 public:
  std::vector<Task> ask(std::size_t max) final;
  void tell(const Outcome& outcome) final;
  TaskId end() const final { return end_; }
  bool done() const final { return told_ >= end_; }
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;
  void take_slice(const Slice& slice) final;

 protected:
  /// @param end how many points there are; no_end for an unlimited number
  Coverage(const SamplerContext& context, TaskId end) : context_(context), end_(end) {}
  /// Writes the point of this id. @param u [dim]
  virtual void place(TaskId id, std::span<double> u) const = 0;
  /// Sees each outcome, in any order.
  virtual void see(const Outcome&) {}

  const SamplerContext context_;

 private:
  TaskId end_;
  Slice slice_;
  TaskId next_ = 0;                ///< the next id to give
  TaskId told_ = 0;                ///< all ids of the slice below this one are told ...
  std::set<TaskId> told_early_;    ///< ... and these above it
};

}  // namespace umbra
