#pragma once
// What methods share that learn from whole generations (CMA-ES, the particle filter).

#include <deque>
#include <span>

#include "src/base/random.h"
#include "src/samplers/box.h"
#include "src/samplers/sampler.h"

namespace umbra {

/// A generation is drawn from the model that has learned from all generations up to the one `lag` + 1 before it: a task depends on all
/// tasks of these. Ids count through the generations, whose sizes the model decides. Ceiling: no more than (lag + 1) x size tasks are in
/// flight, and each generation waits for its slowest evaluation: under log-normal durations of sigma 1, 64 ranks are busy to about .26 with
/// generations of about 30 and lag 0, .41 with lag 1.
class Generations : public Sampler {
 public:
  std::vector<Task> ask(std::size_t max) final;
  void tell(const Outcome& outcome) final;
  TaskId end() const final { return done() ? next_start_ : no_end; }
  bool done() const final { return open_.empty(); }
  void save(std::ostream& out) const final;
  void load(std::istream& in) final;

 protected:
  Generations(const SamplerContext& context, std::size_t lag) : context_(context), box_(context.dim, context.periodic), lag_(lag) {}
  /// To be called at the end of the constructor of the method.
  void start();

  struct Generation {
    TaskId start = 0;             ///< id of its first task
    std::vector<double> u;        ///< [size x dim] as drawn
    std::vector<double> values;   ///< [size] rank values, -inf where the evaluation failed
    std::uint64_t epoch = 0;      ///< the model's number for what it drew this from
    std::vector<unsigned char> told;
    std::size_t left = 0;         ///< tasks not told
  };
  /// How many points the next generation has, while `in_flight` others are drawn and not learned from; 0: none before more is learned,
  /// or, with none in flight, the end.
  virtual std::size_t next_size(std::size_t in_flight) const = 0;
  /// A number that changes when the model starts anew.
  virtual std::uint64_t epoch() const { return 0; }
  /// Draws one point. @param u [dim]; what is outside the box is reflected into it (or wrapped) for the evaluation alone
  virtual void draw(RandomStream& stream, TaskId id, std::size_t index, std::span<double> u) const = 0;
  /// Learns from a generation, in their order.
  virtual void learn(const Generation& generation) = 0;
  /// All that the model has learned.
  virtual std::vector<double> model() const = 0;
  /// Throws UserError where it does not fit.
  virtual void set_model(const std::vector<double>& model) = 0;

  const Box& box() const { return box_; }
  std::size_t dim() const { return box_.dim(); }
  const SamplerContext& context() const { return context_; }

 private:
  void open();

  SamplerContext context_;
  Box box_;
  std::size_t lag_;
  std::deque<Generation> open_;  ///< drawn and not learned from
  TaskId next_start_ = 0;
  TaskId next_ask_ = 0;
};

}  // namespace umbra
