#pragma once
// The learning loop: start set, committee, candidates, the most informative, evaluate them, again.

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/learning/blob_store.h"
#include "src/learning/candidates.h"
#include "src/learning/metrics.h"
#include "src/learning/requests.h"
#include "src/learning/selection.h"
#include "src/samplers/sampler.h"

namespace umbra {

struct LearnerOptions {
  std::uint64_t start = 0;        ///< points of batch 0 that are evaluated; 0 where they are given
  std::uint64_t batch = 0;
  std::uint64_t batches = 0;      ///< how many batches follow the start set, at most
  std::uint64_t lag = 1;
  std::uint64_t slice = 4096;     ///< points of a task of scoring
  std::uint64_t spread = 1;       ///< choose by k-centre among so many times the batch; 1: no k-centre
  double random_share = 0.0;      ///< of a batch that is drawn from the priors instead
  std::uint64_t test = 0;         ///< points of the test set
  std::optional<double> accuracy = {};  ///< stop when the test set says so (regression: r2)
  std::uint64_t patience = 0;     ///< stop after so many steps without a gain of accuracy (0: never)
  double least_gain = 1e-3;       ///< ... of at least this
  bool classes = true;
  std::uint64_t targets = 1;      ///< numbers that are learnt of a point
};

/// The state after committee `version`.
struct LearningStep {
  std::uint64_t version = 0;
  std::uint64_t evaluations = 0;  ///< points before it, start set included
  std::uint64_t usable = 0;       ///< of those, with a value of the target
  ClassMetrics classes;
  std::vector<NumberMetrics> numbers;  ///< of each target, where these are numbers

  /// What stop rules and gains are about: the accuracy of classes; for numbers r2, of several the mean.
  double quality() const;
};

/// A start set that was evaluated before.
struct GivenPoints {
  std::vector<double> u;  ///< [size x dim]
  std::vector<float> y;   ///< [size x targets], NaN where a target has no value: points without any teach nothing, and count
};

/// What another campaign reached, whose points were not chosen: what choosing them saves is measured against it.
struct Baseline {
  double evaluations = 0;
  double quality = 0;  ///< accuracy; regression: r2
};
/// Evaluations from which on a curve stays at a quality, between steps by a straight line; infinity where it does not.
double evaluations_to(const std::vector<LearningStep>& curve, double quality);

/// A Sampler. Batch 0 is the start set; committee v is trained on batches 0 .. v-1; batch b >= 1 is chosen by committee max(1, b - lag), and may
/// run as soon as that has scored all candidates: with lag 1 the simulators work on batch b while the committee for batch b+1 trains.
/// Tasks: points (kind point, ids start + (b-1) x batch + slot), the test set (kind custom, ids of its own, never trained on), training (kind train, id v x parts + part), and
/// scoring (kind score, id (step - 1) x slots + slot). All is a function of (seed, id) and of the outcomes of earlier batches.
/// What ranks need travels through the BlobStore; a part of a committee that is lost is trained again, bit for bit.
/// Memory: all points with their values of the targets; 8 x dim + 4 x targets bytes each.
class Learner final : public Sampler {
 public:
  struct Parts {
    SamplerContext context;
    std::size_t committee_parts = 1;  ///< of each target
    std::uint64_t identity = 0;  ///< of the job: tells its blobs from others'
    std::function<std::optional<float>(const Outcome&, std::size_t target)> target;
    std::vector<std::string> target_names = {};  ///< [targets] of numbers
    std::unique_ptr<Sampler> start;         ///< of the start set; needs no outcome
    GivenPoints given = {};                 ///< the start set where it is given
    std::shared_ptr<const Candidates> candidates;
    std::shared_ptr<BlobStore> blobs;
    std::optional<Baseline> baseline = {};
  };
  /// Throws UserError where the start sampler waits for outcomes, or candidates are fewer than a batch.
  Learner(const LearnerOptions& options, Parts parts);

  std::vector<Task> ask(std::size_t max) override;
  void tell(const Outcome& outcome) override;
  TaskId end() const override;
  bool done() const override { return finished_; }
  bool stops_by_itself() const override { return true; }
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;
  SamplerResult result() const override;

  /// One entry for each committee that has met the test set, by version.
  std::vector<LearningStep> curve() const;
  /// The newest committee that has met the test set, as have all before it: the last one once done(). Where it is 0 there is none yet, and none of what follows.
  std::uint64_t newest() const { return judged_; }
  const LearningStep& newest_step() const { return curve_.at(judged_); }
  Calibration newest_calibration() const;
  /// What the test set says of a step, by name; of several numbers the mean of r2, and each by itself.
  std::vector<std::pair<std::string, double>> measures(const LearningStep& step) const;
  /// For /summary and the model; none where there is no test set.
  std::vector<std::pair<std::string, double>> numbers(const LearningStep& step) const;
  /// Asks for its members.
  LearningRequest newest_committee() const;
  /// [n x dim] u of the points that it was trained on.
  std::vector<double> newest_training_points() const;

 private:
  /// Which of `count` tasks are given and told.
  struct Checklist {
    std::vector<char> told;
    std::size_t next = 0, left = 0;
    explicit Checklist(std::size_t count = 0) : told(count, 0), left(count) {}
    bool complete() const { return left == 0; }
    bool has_next();
    void tell(std::size_t i);
  };
  struct Batch {
    std::vector<double> u;   // [size x dim]
    std::vector<float> y;    // [size x targets], NaN where a target has no value
    Checklist tasks;
  };
  struct Version {
    Checklist train;
    Checklist test;          // made when trained
    std::vector<double> p;   // [test points x targets] mean votes
    bool testing = false;
  };
  struct Query {
    Checklist slices;
    Checklist spread;        // made when the slices are told
    std::vector<Scored> best;
    std::map<std::uint64_t, std::vector<double>> u;  // of best, where candidates are not single
    std::vector<double> pool;  // [n x dim] among which to spread
    bool spreading = false;
  };

  std::size_t dim() const { return parts_.context.dim; }
  std::size_t size(const Batch& batch) const { return batch.y.size() / options_.targets; }
  std::uint64_t train_parts() const { return parts_.committee_parts * options_.targets; }
  void set_values(const Outcome& outcome, Batch& batch, std::size_t point) const;
  bool teaches(const Batch& batch, std::size_t point) const;
  std::uint64_t test_slices() const;
  std::uint64_t slices() const;
  std::uint64_t slots() const { return test_slices() + slices() + 1; }
  std::uint64_t asker(std::uint64_t batch) const { return batch > options_.lag + 1 ? batch - options_.lag : 1; }
  TaskId first_id(std::uint64_t batch) const { return batch == 0 ? 0 : options_.start + (batch - 1) * options_.batch; }
  bool tested() const { return options_.test == 0 || test_.tasks.complete(); }
  LearningRequest request(LearningRequest::What what, std::uint64_t version) const;
  void advance();
  bool advance_once();
  void add_point(const Batch& batch, std::size_t point, PackedPoints& points) const;
  void publish(std::uint64_t batch);
  void publish_test();
  void finish_version(std::uint64_t version);
  void judge();
  void finish_if_last();
  std::vector<float> test_values() const;
  bool may_query(std::uint64_t batch) const;
  void merge(Query& query, const Outcome& outcome);
  void choose(std::uint64_t step, Query& query);
  void draw_from_list(std::uint64_t step, std::span<double> u);
  void add_batch(std::uint64_t step, std::vector<double> u);
  void remember(std::span<const double> u);
  void forget_old();
  void tell_score(const Outcome& outcome);
  static void give(Checklist& list, std::size_t max, std::vector<Task>& tasks, const std::function<Task(std::size_t)>& make);

  LearnerOptions options_;
  Parts parts_;
  std::uint64_t batches_end_;              // batches after the start set; lowered by a stop rule
  std::vector<Batch> batches_;
  std::vector<std::uint64_t> keys_;        // of complete batches, in order
  Batch test_;
  std::uint64_t test_key_ = 0;
  std::vector<std::size_t> test_usable_;   // positions in test_
  std::map<std::uint64_t, Version> versions_;  // in work
  std::uint64_t versions_made_ = 0, queries_made_ = 0;
  std::set<std::uint64_t> trained_;
  std::map<std::uint64_t, Query> queries_;     // in work
  std::set<std::uint64_t> used_;               // candidates of a fixed list that were chosen
  std::set<std::vector<double>> known_;        // u of all points, where a sampler might propose them again
  std::map<std::uint64_t, LearningStep> curve_;
  std::map<std::uint64_t, std::vector<double>> votes_;  // [usable test points x targets] mean votes of versions that may become the last
  std::uint64_t judged_ = 0;                   // versions whose curve was judged by the stop rules, in order
  std::uint64_t exhausted_at_ = std::numeric_limits<std::uint64_t>::max();  // the batch with which a list of candidates ended
  std::uint64_t forgotten_ = 0;
  bool finished_ = false;
};

}  // namespace umbra
