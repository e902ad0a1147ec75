#pragma once
// What is decided in id order: the end of a campaign, its failure budget, its best point. The same on any number of ranks.

#include <array>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "src/base/slice.h"
#include "src/base/task.h"

namespace umbra {

struct LedgerRules {
  TaskKind kind = TaskKind::point;  ///< the kind of task that it counts
  TaskId evaluations = std::numeric_limits<TaskId>::max();
  double failure_budget = 1.0;      ///< largest share of failures among the points that are ok or failed
  std::uint64_t budget_after = 100; ///< ... once so many of them are there
  Slice slice = {};                 ///< the ids that there are
};

/// Takes outcomes in any order and accounts for them in id order: everything that it reports is about the ids of the slice below settled().
class Ledger {
 public:
  static constexpr std::size_t num_best = 5;

  struct Best {
    TaskId id = 0;
    double log_likelihood = -std::numeric_limits<double>::infinity();
    std::vector<double> values;  ///< its row; empty while no point is ok, and for other kinds of tasks
  };
  struct Example {
    TaskId id = 0;
    std::string message;
  };

  Ledger() = default;
  explicit Ledger(const LedgerRules& rules) : rules_(rules), end_(rules.evaluations), settled_(rules.slice.from(0)) {}

  void take(const Outcome& outcome);
  /// Lowers the end (a sampler has decided to stop).
  void end_at(TaskId end);

  TaskKind kind() const { return rules_.kind; }
  TaskId settled() const { return settled_; }
  TaskId end() const { return end_; }
  /// How many outcomes are settled, and how many there will be.
  std::uint64_t count() const;
  std::uint64_t total() const { return rules_.slice.below(end_); }
  bool complete() const { return settled_ >= end_; }
  bool over_budget() const { return over_budget_; }
  std::uint64_t failures() const;
  const std::array<std::uint64_t, status_names.size()>& statuses() const { return statuses_; }
  /// The first message of each status.
  const std::map<Status, Example>& examples() const { return examples_; }
  /// The best point; its values are empty while no point is ok.
  const Best& best() const { return best_.empty() ? none_ : best_.front(); }
  /// The best few points, best first; of equal likelihoods only that with the smallest id.
  const std::vector<Best>& best_points() const { return best_; }

  /// The state, without the rules (the job file may have changed them; a failure budget that had stopped the campaign is judged again).
  void save(std::ostream& out) const;
  void load(std::istream& in);

 private:
  struct Waiting {
    Status status;
    double log_likelihood;
    std::string message;
    std::vector<double> values;  // only where it may become the best
  };

  void settle(TaskId id, Waiting& outcome);
  bool may_be_best(double log_likelihood) const;

  LedgerRules rules_;
  TaskId end_ = std::numeric_limits<TaskId>::max();
  TaskId settled_ = 0;
  bool over_budget_ = false;
  std::map<TaskId, Waiting> waiting_;
  std::array<std::uint64_t, status_names.size()> statuses_{};
  std::map<Status, Example> examples_;
  std::vector<Best> best_;
  Best none_;
};

}  // namespace umbra
