// The learning loop's state on disk.

#include <boost/serialization/map.hpp>

#include "src/learning/learner.h"
#include "src/samplers/archive.h"

namespace umbra {
namespace {

// One list of numbers a part of a map's entry, so that the archive knows plain types only.
std::vector<double> flatten(const LearningStep& s) {
  const ClassMetrics& c = s.classes;
  std::vector<double> all = {static_cast<double>(s.version), static_cast<double>(s.evaluations), static_cast<double>(s.usable), c.accuracy, c.accuracy_0, c.accuracy_1,
                             c.balanced_accuracy, c.auc, c.precision_recall, c.brier};
  for (const NumberMetrics& n : s.numbers) all.insert(all.end(), {n.rms, n.r2});
  return all;
}

LearningStep unflatten(const std::vector<double>& v, std::size_t numbers) {
  VALIDATE(v.size() == 10 + 2 * numbers, "the learning curve of the saved state cannot be read: it is damaged or of another version; start anew with --fresh");
  LearningStep step{static_cast<std::uint64_t>(v[0]), static_cast<std::uint64_t>(v[1]), static_cast<std::uint64_t>(v[2]), {v[3], v[4], v[5], v[6], v[7], v[8], v[9]}, {}};
  for (std::size_t i = 10; i < v.size(); i += 2) step.numbers.push_back({v[i], v[i + 1]});
  return step;
}

}  // namespace

void Learner::save(std::ostream& out) const {
  save_archive(out, options_.start, options_.batch, options_.test, parts_.identity, keys_, test_.y, test_.tasks.told, test_key_, test_usable_, versions_made_, queries_made_, trained_, used_,
               votes_, exhausted_at_, forgotten_);
  const std::size_t batches = batches_.size(), versions = versions_.size(), queries = queries_.size(), steps = curve_.size();
  save_archive(out, batches, versions, queries, steps);
  for (const Batch& b : batches_) save_archive(out, b.u, b.y, b.tasks.told);
  for (const auto& [n, v] : versions_) save_archive(out, n, v.train.told, v.test.told, v.p, v.testing);
  for (const auto& [n, q] : queries_) {
    std::vector<double> scores;
    std::vector<std::uint64_t> indices;
    for (const Scored& s : q.best) {
      scores.push_back(s.score);
      indices.push_back(s.index);
    }
    save_archive(out, n, q.slices.told, q.spread.told, scores, indices, q.u, q.pool, q.spreading);
  }
  for (const auto& [n, step] : curve_) save_archive(out, flatten(step));
}

void Learner::load(std::istream& in) {
  const auto checklist = [](std::vector<char> told) {
    Checklist list(told.size());
    list.left = static_cast<std::size_t>(std::count(told.begin(), told.end(), 0));
    list.told = std::move(told);
    return list;
  };
  std::uint64_t start = 0, batch = 0, test = 0, identity = 0;
  std::vector<char> told;
  load_archive(in, start, batch, test, identity, keys_, test_.y, told, test_key_, test_usable_, versions_made_, queries_made_, trained_, used_, votes_, exhausted_at_, forgotten_);
  VALIDATE(start == options_.start && batch == options_.batch && test == options_.test && identity == parts_.identity && test_.y.size() == test * options_.targets,
           "the saved state is of another start set, batch, test set, committee or target: use the options that it was made with");
  test_.tasks = checklist(std::move(told));
  std::size_t batches = 0, versions = 0, queries = 0, steps = 0;
  load_archive(in, batches, versions, queries, steps);
  batches_.clear();
  known_.clear();
  versions_.clear();
  queries_.clear();
  curve_.clear();
  for (std::size_t i = 0; i < batches; ++i) {
    Batch b;
    load_archive(in, b.u, b.y, told);
    b.tasks = checklist(std::move(told));
    remember(b.u);
    batches_.push_back(std::move(b));
  }
  for (std::size_t i = 0; i < versions; ++i) {
    std::uint64_t n = 0;
    Version v;
    std::vector<char> test_told;
    load_archive(in, n, told, test_told, v.p, v.testing);
    v.train = checklist(std::move(told));
    v.test = checklist(std::move(test_told));
    versions_.emplace(n, std::move(v));
  }
  for (std::size_t i = 0; i < queries; ++i) {
    std::uint64_t n = 0;
    Query q;
    std::vector<char> spread_told;
    std::vector<double> scores;
    std::vector<std::uint64_t> indices;
    load_archive(in, n, told, spread_told, scores, indices, q.u, q.pool, q.spreading);
    q.slices = checklist(std::move(told));
    q.spread = checklist(std::move(spread_told));
    for (std::size_t k = 0; k < scores.size() && k < indices.size(); ++k) q.best.push_back({scores[k], indices[k]});
    queries_.emplace(n, std::move(q));
  }
  for (std::size_t i = 0; i < steps; ++i) {
    std::vector<double> flat;
    load_archive(in, flat);
    const LearningStep step = unflatten(flat, options_.classes ? 0 : options_.targets);
    curve_[step.version] = step;
  }
  // The job's stop rules may have changed: they look at the curve again.
  finished_ = false;
  judged_ = 0;
  batches_end_ = std::min(options_.batches, exhausted_at_);
  judge();
  // Batches that are there cannot be taken back: an earlier end is the next one possible.
  if (!finished_) batches_end_ = std::max<std::uint64_t>(batches_end_, batches_.size() - 1);
  finish_if_last();
  for (std::uint64_t b = 0; b < keys_.size(); ++b) publish(b);
  if (test_key_ != 0) publish_test();
  advance();
}

}  // namespace umbra
