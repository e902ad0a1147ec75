#include "src/learning/learner.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/base/random.h"

namespace umbra {

bool Learner::Checklist::has_next() {
  while (next < told.size() && told[next]) ++next;
  return next < told.size();
}

void Learner::Checklist::tell(std::size_t i) {
  EXPECT(i < told.size() && !told[i]);
  told[i] = 1;
  --left;
}

Learner::Learner(const LearnerOptions& options, Parts parts) : options_(options), parts_(std::move(parts)), batches_end_(options.batches) {
  EXPECT(options_.batch > 0 && options_.slice > 0 && parts_.candidates && parts_.blobs);
  const std::uint64_t candidates = parts_.candidates->count();
  VALIDATE(candidates >= options_.batch * options_.spread, "{} candidates are too few for a batch of {}{}: take more candidates, or a smaller batch", candidates, options_.batch,
           options_.spread > 1 ? fmt::format(" chosen among {}", options_.batch * options_.spread) : "");
  Batch start;
  if (options_.start > 0) {
    const std::vector<Task> tasks = parts_.start->ask(options_.start);
    VALIDATE(tasks.size() == options_.start, "the sampler of the start set gives {} points before it waits for outcomes, or has no more ({} are asked for): take sobol, random or latin_hypercube",
             tasks.size(), options_.start);
    for (const Task& t : tasks) {
      const auto u = doubles(t.payload);
      start.u.insert(start.u.end(), u.begin(), u.end());
    }
    start.y.resize(options_.start * options_.targets);
    start.tasks = Checklist(options_.start);
  } else {
    start.u = parts_.given.u;
    start.y = parts_.given.y;
  }
  remember(start.u);
  batches_.push_back(std::move(start));
  test_.u.resize(options_.test * dim());
  for (std::uint64_t i = 0; i < options_.test; ++i)
    RandomStream(parts_.context.seed, Purpose::auxiliary, i).fill_uniform(std::span(test_.u).subspan(i * dim(), dim()));
  test_.y.resize(options_.test * options_.targets);
  test_.tasks = Checklist(options_.test);
  advance();
}

std::uint64_t Learner::test_slices() const { return (options_.test + options_.slice - 1) / options_.slice; }
std::uint64_t Learner::slices() const { return (parts_.candidates->count() + options_.slice - 1) / options_.slice; }

LearningRequest Learner::request(LearningRequest::What what, std::uint64_t version) const {
  LearningRequest r;
  r.what = what;
  r.version = version;
  r.test_key = test_key_;
  r.keys.assign(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(version));
  return r;
}

void Learner::give(Checklist& list, std::size_t max, std::vector<Task>& tasks, const std::function<Task(std::size_t)>& make) {
  while (tasks.size() < max && list.has_next()) tasks.push_back(make(list.next++));
}

// What others wait for comes first.
std::vector<Task> Learner::ask(std::size_t max) {
  std::vector<Task> tasks;
  for (auto& [step, q] : queries_) {
    give(q.slices, max, tasks, [&, s = step](std::size_t slot) {
      LearningRequest r = request(LearningRequest::What::candidates, asker(s));
      r.step = s;
      r.first = slot * options_.slice;
      r.count = std::min(options_.slice, parts_.candidates->count() - r.first);
      r.keep = std::min(r.count, options_.batch * options_.spread + used_.size() + known_.size());
      return Task{TaskKind::score, (s - 1) * slots() + test_slices() + slot, r.pack()};
    });
    give(q.spread, max, tasks, [&, s = step, &query = q](std::size_t) {
      LearningRequest r = request(LearningRequest::What::spread, asker(s));
      r.keep = options_.batch;
      r.u = query.pool;
      return Task{TaskKind::score, (s - 1) * slots() + test_slices() + slices(), r.pack()};
    });
  }
  for (auto& [version, v] : versions_) {
    give(v.train, max, tasks, [&, n = version](std::size_t part) {
      LearningRequest r = request(LearningRequest::What::train, n);
      r.part = part;
      return Task{TaskKind::train, n * train_parts() + part, r.pack()};
    });
    give(v.test, max, tasks, [&, n = version](std::size_t slot) {
      LearningRequest r = request(LearningRequest::What::test, n);
      r.first = slot * options_.slice;
      r.count = std::min<std::uint64_t>(options_.slice, test_usable_.size() - r.first);
      return Task{TaskKind::score, (n - 1) * slots() + slot, r.pack()};
    });
  }
  for (std::uint64_t b = keys_.size(); b < batches_.size(); ++b)
    give(batches_[b].tasks, max, tasks, [&](std::size_t slot) { return Task{TaskKind::point, first_id(b) + slot, umbra::pack(std::span(batches_[b].u).subspan(slot * dim(), dim()))}; });
  give(test_.tasks, max, tasks, [&](std::size_t slot) { return Task{TaskKind::custom, slot, umbra::pack(std::span(test_.u).subspan(slot * dim(), dim()))}; });
  return tasks;
}

void Learner::set_values(const Outcome& outcome, Batch& batch, std::size_t point) const {
  for (std::size_t t = 0; t < options_.targets; ++t) batch.y[point * options_.targets + t] = parts_.target(outcome, t).value_or(std::numeric_limits<float>::quiet_NaN());
}

bool Learner::teaches(const Batch& batch, std::size_t point) const {
  const auto own = std::span(batch.y).subspan(point * options_.targets, options_.targets);
  return std::any_of(own.begin(), own.end(), [](float y) { return !std::isnan(y); });
}

void Learner::tell(const Outcome& outcome) {
  switch (outcome.kind) {
    case TaskKind::point: {
      const std::uint64_t b = outcome.id < options_.start ? 0 : 1 + (outcome.id - options_.start) / options_.batch;
      EXPECT(b < batches_.size());
      const std::size_t slot = outcome.id - first_id(b);
      batches_[b].tasks.tell(slot);
      set_values(outcome, batches_[b], slot);
      break;
    }
    case TaskKind::custom:
      test_.tasks.tell(outcome.id);
      set_values(outcome, test_, outcome.id);
      break;
    case TaskKind::train:
      versions_.at(outcome.id / train_parts()).train.tell(outcome.id % train_parts());
      break;
    case TaskKind::score:
      tell_score(outcome);
      break;
    default:
      EXPECT(!"a kind of task that learning does not ask for");
  }
  advance();
}

void Learner::tell_score(const Outcome& outcome) {
  const std::uint64_t step = 1 + outcome.id / slots(), slot = outcome.id % slots();
  if (slot < test_slices()) {
    Version& v = versions_.at(step);
    v.test.tell(slot);
    std::copy(outcome.values.begin(), outcome.values.end(), v.p.begin() + static_cast<std::ptrdiff_t>(slot * options_.slice * options_.targets));
    return;
  }
  Query& q = queries_.at(step);
  if (slot < test_slices() + slices()) {
    q.slices.tell(slot - test_slices());
    merge(q, outcome);
    return;
  }
  q.spread.tell(0);
  std::vector<double> u;
  for (const double position : outcome.values) {
    if (parts_.candidates->fixed()) used_.insert(q.best[static_cast<std::size_t>(position)].index);
    const auto from = q.pool.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(position) * dim());
    u.insert(u.end(), from, from + static_cast<std::ptrdiff_t>(dim()));
  }
  add_batch(step, std::move(u));
}

void Learner::merge(Query& q, const Outcome& outcome) {
  const bool with_u = !parts_.candidates->single();
  const std::size_t most = options_.batch * options_.spread;
  const std::size_t width = 2 + (with_u ? dim() : 0);
  for (std::size_t i = 0; i + width <= outcome.values.size(); i += width) {
    const double* row = &outcome.values[i];
    const auto index = static_cast<std::uint64_t>(row[1]);
    if (used_.contains(index)) continue;
    if (with_u) {
      std::vector<double> u(row + 2, row + width);
      if (known_.contains(u)) continue;
      q.u[index] = std::move(u);
    }
    q.best.push_back({row[0], index});
  }
  if (!with_u) return keep_best(q.best, most);
  // Slices are runs of a sampler, and two may propose the same point: of such only the best counts.
  keep_best(q.best, q.best.size());
  std::map<std::uint64_t, std::vector<double>> kept;
  std::set<std::vector<double>> seen;
  std::vector<Scored> best;
  for (const Scored& s : q.best) {
    if (best.size() == most) break;
    if (!seen.insert(q.u[s.index]).second) continue;
    best.push_back(s);
    kept[s.index] = std::move(q.u[s.index]);
  }
  q.best = std::move(best);
  q.u = std::move(kept);
}

void Learner::remember(std::span<const double> u) {
  if (parts_.candidates->single()) return;
  for (std::size_t i = 0; i + dim() <= u.size(); i += dim()) known_.insert({u.begin() + static_cast<std::ptrdiff_t>(i), u.begin() + static_cast<std::ptrdiff_t>(i + dim())});
}

void Learner::advance() {
  while (advance_once()) continue;
}

bool Learner::advance_once() {
  if (keys_.size() < batches_.size() && batches_[keys_.size()].tasks.complete()) {
    publish(keys_.size());
    return true;
  }
  if (test_key_ == 0 && tested()) {
    publish_test();
    return true;
  }
  if (versions_made_ < keys_.size() && versions_made_ <= batches_end_) {
    versions_[++versions_made_].train = Checklist(train_parts());
    return true;
  }
  for (auto& [version, v] : versions_) {
    if (v.train.complete()) trained_.insert(version);
    if (v.train.complete() && !v.testing && tested()) {
      v.testing = true;
      v.p.resize(test_usable_.size() * options_.targets);
      v.test = Checklist((test_usable_.size() + options_.slice - 1) / options_.slice);
    }
    if (v.testing && v.test.complete()) {
      finish_version(version);
      return true;
    }
  }
  if (may_query(queries_made_ + 1)) {
    queries_[++queries_made_].slices = Checklist(slices());
    return true;
  }
  for (auto& [step, q] : queries_)
    if (q.slices.complete() && !q.spreading) {
      choose(step, q);
      return true;
    }
  return false;
}

// Batches follow each other in order, as the last one may depend on a stop rule.
bool Learner::may_query(std::uint64_t batch) const {
  if (batch > batches_end_ || batch != batches_.size() || !trained_.contains(asker(batch))) return false;
  const bool judged = options_.accuracy || options_.patience > 0;
  return !judged || judged_ >= asker(batch);
}

void Learner::add_point(const Batch& batch, std::size_t i, PackedPoints& points) const {
  const auto u = std::span(batch.u).subspan(i * dim(), dim());
  const auto y = std::span(batch.y).subspan(i * options_.targets, options_.targets);
  points.x.insert(points.x.end(), u.begin(), u.end());
  points.y.insert(points.y.end(), y.begin(), y.end());
}

void Learner::publish(std::uint64_t b) {
  const Batch& batch = batches_[b];
  PackedPoints points;
  for (std::size_t i = 0; i < size(batch); ++i)
    if (teaches(batch, i)) add_point(batch, i, points);
  const std::string bytes = pack_points(points.x, points.y);
  const std::uint64_t key = chain_key(b == 0 ? parts_.identity : keys_[b - 1], bytes);
  if (b == keys_.size()) keys_.push_back(key);
  ENSURE(keys_[b] == key);
  if (!parts_.blobs->get(batch_name(b), key)) parts_.blobs->put(batch_name(b), key, bytes);
}

void Learner::publish_test() {
  PackedPoints points;
  test_usable_.clear();
  for (std::size_t i = 0; i < size(test_); ++i) {
    if (!teaches(test_, i)) continue;
    test_usable_.push_back(i);
    add_point(test_, i, points);
  }
  const std::string bytes = pack_points(points.x, points.y);
  test_key_ = chain_key(parts_.identity, bytes) | 1;
  if (!bytes.empty() && !parts_.blobs->get(test_name, test_key_)) parts_.blobs->put(test_name, test_key_, bytes);
}

void Learner::finish_version(std::uint64_t version) {
  votes_[version] = std::move(versions_.at(version).p);
  versions_.erase(version);
  LearningStep step{.version = version, .evaluations = 0, .usable = 0, .classes = {}, .numbers = {}};
  for (std::uint64_t b = 0; b < version; ++b) {
    step.evaluations += size(batches_[b]);
    for (std::size_t i = 0; i < size(batches_[b]); ++i) step.usable += teaches(batches_[b], i);
  }
  const std::vector<double>& votes = votes_[version];
  if (!votes.empty() && options_.classes) step.classes = class_metrics(test_values(), votes);
  for (std::size_t t = 0; !options_.classes && t < options_.targets; ++t) {
    std::vector<float> y;
    std::vector<double> p;
    for (std::size_t i = 0; i < test_usable_.size(); ++i) {
      const float value = test_.y[test_usable_[i] * options_.targets + t];
      if (std::isnan(value)) continue;
      y.push_back(value);
      p.push_back(votes[i * options_.targets + t]);
    }
    step.numbers.push_back(y.empty() ? NumberMetrics() : number_metrics(y, p));
  }
  curve_[version] = step;
  judge();
  forget_old();
}

// Of classes.
std::vector<float> Learner::test_values() const {
  std::vector<float> y;
  for (const std::size_t i : test_usable_) y.push_back(test_.y[i]);
  return y;
}

double LearningStep::quality() const {
  if (numbers.empty()) return classes.accuracy;
  double sum = 0.0;
  for (const NumberMetrics& n : numbers) sum += n.r2;
  return sum / static_cast<double>(numbers.size());
}

// The stop rules look at versions in order, so that the end does not depend on which is told first.
void Learner::judge() {
  const auto quality = [&](std::uint64_t n) { return curve_.at(n).quality(); };
  while (curve_.contains(judged_ + 1)) {
    ++judged_;
    if (test_usable_.empty()) continue;
    bool stop = options_.accuracy && quality(judged_) >= *options_.accuracy;
    if (options_.patience > 0 && judged_ > options_.patience) {
      double before = -std::numeric_limits<double>::infinity(), since = before;
      for (std::uint64_t n = 1; n <= judged_; ++n) {
        double& best = n + options_.patience <= judged_ ? before : since;
        best = std::max(best, quality(n));
      }
      stop |= since < before + options_.least_gain;
    }
    // Batches that earlier committees chose are under way.
    if (stop) batches_end_ = std::min<std::uint64_t>(batches_end_, judged_ == 1 ? 0 : judged_ - 1 + options_.lag);
  }
  finish_if_last();
  while (!votes_.empty() && votes_.begin()->first < judged_) votes_.erase(votes_.begin());
}

void Learner::finish_if_last() { finished_ = finished_ || judged_ == batches_end_ + 1; }

void Learner::choose(std::uint64_t step, Query& q) {
  q.spreading = true;
  const auto place = [&](std::uint64_t index, std::vector<double>& u) {
    u.resize(u.size() + dim());
    const std::span<double> point(u.data() + u.size() - dim(), dim());
    if (const auto found = q.u.find(index); found != q.u.end()) std::copy(found->second.begin(), found->second.end(), point.begin());
    else parts_.candidates->make(step, index, point, nullptr);
  };
  std::vector<double> u;
  for (const Scored& s : q.best) place(s.index, u);
  if (options_.spread > 1 && q.best.size() > options_.batch) {
    q.pool = std::move(u);
    q.spread = Checklist(1);
    return;
  }
  // A random share keeps an eye on what no member doubts; the rest are draws too where a sampler's proposals are too few.
  const bool fixed = parts_.candidates->fixed();
  const std::size_t size = fixed ? q.best.size() : options_.batch;
  const std::size_t drawn = std::min(size, static_cast<std::size_t>(options_.random_share * static_cast<double>(options_.batch)));
  const std::size_t chosen = std::min(size - drawn, q.best.size());
  u.resize(size * dim());
  if (fixed) {
    for (std::size_t i = 0; i < chosen; ++i) used_.insert(q.best[i].index);
    draw_from_list(step, std::span(u).subspan(chosen * dim()));
  } else {
    for (std::size_t i = chosen; i < size; ++i) parts_.candidates->draw(step, parts_.candidates->count() + i, std::span(u).subspan(i * dim(), dim()));
  }
  add_batch(step, std::move(u));
}

// Candidates of a list that were not chosen yet, each with the same probability.
void Learner::draw_from_list(std::uint64_t step, std::span<double> u) {
  std::vector<std::uint64_t> unused;
  for (std::uint64_t i = 0; i < parts_.candidates->count(); ++i)
    if (!used_.contains(i)) unused.push_back(i);
  EXPECT(unused.size() * dim() >= u.size());
  RandomStream stream(parts_.context.seed, Purpose::propose, step);
  for (std::size_t i = 0; i * dim() < u.size(); ++i) {
    std::swap(unused[i], unused[i + stream.index(unused.size() - i)]);
    used_.insert(unused[i]);
    parts_.candidates->make(step, unused[i], u.subspan(i * dim(), dim()), nullptr);
  }
}

void Learner::add_batch(std::uint64_t step, std::vector<double> u) {
  EXPECT(step == batches_.size());
  Batch batch;
  const std::size_t points = u.size() / dim();
  batch.y.resize(points * options_.targets);
  batch.tasks = Checklist(points);
  remember(u);
  batch.u = std::move(u);
  // A list of candidates that is used up ends the campaign.
  if (points < options_.batch) batches_end_ = exhausted_at_ = points == 0 ? step - 1 : step;
  if (points > 0) batches_.push_back(std::move(batch));
  queries_.erase(step);
  judge();
  forget_old();
}

void Learner::forget_old() {
  while (forgotten_ < versions_made_) {
    const std::uint64_t v = forgotten_ + 1;
    // The newest that is tested is the model, should the campaign stop here.
    const bool needed = v > batches_end_ || versions_.contains(v) || asker(batches_.size()) <= v || v >= std::max<std::uint64_t>(judged_, 1);
    if (needed) return;
    for (std::uint64_t part = 0; part < train_parts(); ++part) parts_.blobs->remove(member_name(v, part));
    trained_.erase(v);
    forgotten_ = v;
  }
}

TaskId Learner::end() const { return finished_ ? first_id(batches_end_) + (batches_end_ == 0 ? options_.start : size(batches_[batches_end_])) : no_end; }

std::vector<LearningStep> Learner::curve() const {
  std::vector<LearningStep> all;
  for (const auto& [version, step] : curve_) all.push_back(step);
  return all;
}

LearningRequest Learner::newest_committee() const {
  EXPECT(judged_ > 0);
  return request(LearningRequest::What::train, judged_);
}

Calibration Learner::newest_calibration() const {
  EXPECT(judged_ > 0);
  return options_.classes && !test_usable_.empty() ? Calibration(test_values(), votes_.at(judged_)) : Calibration();
}

std::vector<double> Learner::newest_training_points() const {
  std::vector<double> all;
  for (std::uint64_t b = 0; b < judged_; ++b)
    for (std::size_t i = 0; i < size(batches_[b]); ++i) {
      if (!teaches(batches_[b], i)) continue;
      const auto from = batches_[b].u.begin() + static_cast<std::ptrdiff_t>(i * dim());
      all.insert(all.end(), from, from + static_cast<std::ptrdiff_t>(dim()));
    }
  return all;
}

double evaluations_to(const std::vector<LearningStep>& curve, double quality) {
  const auto at = [&](std::size_t i) { return curve[i].quality(); };
  std::size_t first = curve.size();
  while (first > 0 && at(first - 1) >= quality) --first;
  if (first == curve.size()) return std::numeric_limits<double>::infinity();
  if (first == 0) return static_cast<double>(curve[0].evaluations);
  const double share = (quality - at(first - 1)) / (at(first) - at(first - 1));
  return static_cast<double>(curve[first - 1].evaluations) + share * static_cast<double>(curve[first].evaluations - curve[first - 1].evaluations);
}

std::vector<std::pair<std::string, double>> Learner::measures(const LearningStep& step) const {
  const ClassMetrics& c = step.classes;
  if (options_.classes)
    return {{"accuracy", c.accuracy}, {"accuracy_0", c.accuracy_0}, {"accuracy_1", c.accuracy_1}, {"balanced_accuracy", c.balanced_accuracy},
            {"auc", c.auc}, {"precision_recall", c.precision_recall}, {"brier", c.brier}};
  if (options_.targets == 1) return {{"rms", step.numbers.front().rms}, {"r2", step.numbers.front().r2}};
  std::vector<std::pair<std::string, double>> all = {{"r2", step.quality()}};
  for (std::size_t t = 0; t < options_.targets; ++t) {
    all.emplace_back("rms_" + parts_.target_names[t], step.numbers[t].rms);
    all.emplace_back("r2_" + parts_.target_names[t], step.numbers[t].r2);
  }
  return all;
}

std::vector<std::pair<std::string, double>> Learner::numbers(const LearningStep& step) const {
  if (options_.test == 0) return {};
  auto all = measures(step);
  all.emplace_back("training_points", static_cast<double>(step.usable));
  return all;
}

SamplerResult Learner::result() const {
  SamplerResult r;
  if (curve_.empty()) return r;
  r.numbers = numbers(curve_.rbegin()->second);
  if (options_.test == 0) return r;
  if (parts_.baseline) {
    const double needed = evaluations_to(curve(), parts_.baseline->quality);
    if (std::isfinite(needed)) r.numbers.push_back({"gain", parts_.baseline->evaluations / needed});
    else r.warnings.push_back(fmt::format("the baseline's {} of {:.4f} is not reached yet, so that there is no gain to state", options_.classes ? "accuracy" : "r2", parts_.baseline->quality));
  }
  return r;
}

}  // namespace umbra
