#pragma once
// What is decided in id order: the end of a campaign, its failure budget, its best point. The same on any number of ranks.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "jobs/ring.h"
#include "src/base/slice.h"
#include "src/base/task.h"

namespace umbra {

struct LedgerRules {
  TaskKind kind = TaskKind::point;  ///< the kind of task that it counts
  TaskId evaluations = std::numeric_limits<TaskId>::max();
  double failure_budget = 1.0;      ///< largest share of failures among the points that are ok or failed
  std::uint64_t budget_after = 100; ///< ... once so many of them are there
  Slice slice = {};                 ///< the ids that there are
  std::size_t dim = 0;              ///< of the unit cube, with which a point's row begins
  std::vector<bool> periodic = {};  ///< [dim] or empty
};

/// Takes outcomes in any order and accounts for them in id order: everything that it reports is about the ids of the slice below settled().
/// Memory: a byte for each outcome beyond the oldest one that is missing, and the rows of those that may be listed.
class Ledger {
 public:
  static constexpr std::size_t num_best = 5;
  /// Points that differ in no coordinate of the unit cube by more than this are one place: the best of them is listed.
  static constexpr double apart = 0.05;

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
  /// The best few points that are apart, best first, at most num_best. Found in id order: a point makes room for a better one near it.
  std::span<const Best> best_points() const { return std::span(best_).first(std::min(best_.size(), num_best)); }

  /// The state, without the rules (the job file may have changed them; a failure budget is judged again under the present ones).
  void save(std::ostream& out) const;
  void load(std::istream& in);

 private:
  struct Detail {  // of an outcome that waits for earlier ones
    std::string message;
    double log_likelihood = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> values;
  };

  void settle(Status status, const std::string& message, double log_likelihood, const std::vector<double>& values);
  void judge_budget();
  void settle_waiting();
  bool may_be_listed(double log_likelihood) const { return !(log_likelihood <= threshold_); }
  void list(TaskId id, double log_likelihood, const std::vector<double>& values);
  bool is_near(const std::vector<double>& a, const std::vector<double>& b) const;

  LedgerRules rules_;
  TaskId end_ = std::numeric_limits<TaskId>::max();
  TaskId settled_ = 0;
  bool over_budget_ = false;
  Ring<unsigned char> waiting_;         // from settled_ on, [ids of the slice]: the status, or that it has not come
  std::map<TaskId, Detail> details_;    // of those, where they may be shown
  std::array<std::uint64_t, status_names.size()> statuses_{};
  std::map<Status, Example> examples_;
  std::vector<Best> best_;              // a few more than are shown, as some will make room
  double threshold_ = std::numeric_limits<double>::quiet_NaN();  // what is no better is not listed; it never falls, so that what is dropped on arrival would be dropped later too
  Best none_;
};

}  // namespace umbra
