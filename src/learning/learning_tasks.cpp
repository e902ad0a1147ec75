#include "src/learning/learning_tasks.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "src/base/error.h"
#include "src/learning/selection.h"
#include "src/learning/target.h"

namespace umbra {
namespace {

constexpr std::size_t block = 1024;         // points whose votes are in memory at a time
constexpr std::size_t committees_kept = 2;  // that of the newest batch, and one that is being tested

// A sampler may propose a point several times: the best of such stays.
void drop_equal(std::vector<Scored>& list, std::span<const double> u, std::size_t dim) {
  keep_best(list, list.size());
  std::set<std::vector<double>> seen;
  std::erase_if(list, [&](const Scored& s) {
    const auto point = u.subspan(s.index * dim, dim);
    return !seen.emplace(point.begin(), point.end()).second;
  });
}

}  // namespace

void LearningTasks::run(const Task& task, Outcome& outcome) {
  const LearningRequest request = LearningRequest::unpack(task.payload);
  outcome.values.clear();
  outcome.message.clear();
  outcome.status = Status::ok;
  switch (request.what) {
    case LearningRequest::What::train:
      fit(request, request.part);
      return;
    case LearningRequest::What::test:
      return test(request, outcome.values);
    case LearningRequest::What::candidates:
      return candidates(request, outcome.values);
    case LearningRequest::What::spread:
      for (const std::size_t position : k_centre(request.u, parts_.dim, request.keep)) outcome.values.push_back(static_cast<double>(position));
      return;
  }
}

// Reads the training points of a version into set_; returns how many there are.
std::size_t LearningTasks::training(const LearningRequest& request) {
  EXPECT(request.keys.size() == request.version && request.version > 0);
  const std::size_t known = std::min(keys_.size(), request.keys.size());
  if (!std::equal(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(known), request.keys.begin())) {
    keys_.clear();
    ends_.clear();
    set_ = {};
  }
  for (std::size_t b = keys_.size(); b < request.version; ++b) {
    const PackedPoints points = unpack_points(parts_.blobs->expect(batch_name(b), request.keys[b]), parts_.dim, targets());
    set_.x.insert(set_.x.end(), points.x.begin(), points.x.end());
    set_.y.insert(set_.y.end(), points.y.begin(), points.y.end());
    keys_.push_back(request.keys[b]);
    ends_.push_back(set_.y.size() / targets());
  }
  return ends_[request.version - 1];
}

// Of each target over the points that have a value of it.
std::vector<double> LearningTasks::variances(const LearningRequest& request) {
  const std::size_t n = training(request);
  std::vector<double> all;
  for (std::size_t t = 0; t < targets(); ++t) {
    double count = 0.0, sum = 0.0, squares = 0.0;
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t i = 0; i < n; ++i) {
        const double y = set_.y[i * targets() + t];
        if (std::isnan(y)) continue;
        if (pass == 0) ++count, sum += y;
        else squares += (y - sum / count) * (y - sum / count);
      }
    all.push_back(squares / std::max(count, 1.0));
  }
  return all;
}

std::shared_ptr<const Voters> LearningTasks::fit(const LearningRequest& request, std::uint64_t part) {
  const std::size_t n = training(request), t = part / parts_.committee->parts();
  const std::string& target = parts_.targets[t];
  TrainingView set{parts_.dim, std::span(set_.x).first(n * parts_.dim), std::span(set_.y).first(n * targets())};
  if (targets() > 1) {
    own_ = {};
    for (std::size_t i = 0; i < n; ++i) {
      if (std::isnan(set_.y[i * targets() + t])) continue;
      const auto from = set_.x.begin() + static_cast<std::ptrdiff_t>(i * parts_.dim);
      own_.x.insert(own_.x.end(), from, from + static_cast<std::ptrdiff_t>(parts_.dim));
      own_.y.push_back(set_.y[i * targets() + t]);
    }
    set = {parts_.dim, own_.x, own_.y};
  }
  VALIDATE(set.size() > 1, "{} of the points so far have a value of the target '{}' (a number counts up to {:g} in size; nothing can be learnt from them): look at their status and values, or take a larger start",
           set.size(), target, largest_target);
  if (parts_.classes) {
    const auto [low, high] = std::minmax_element(set.y.begin(), set.y.end());
    VALIDATE(*low != *high, "all {} points so far are of class {} of the target '{}' (a committee needs both to learn the boundary): take a larger start, or another target", set.size(), *low, target);
  }
  std::shared_ptr<const Voters> voters;
  try {
    voters = parts_.committee->fit(set, part % parts_.committee->parts(), request.version);
  } catch (const UserError& e) {
    throw UserError(fmt::format("the target '{}' cannot be learnt from {} points: {}", target, set.size(), e.what()));
  }
  std::ostringstream bytes;
  voters->save(bytes);
  parts_.blobs->put(member_name(request.version, part), request.keys.back(), bytes.view());
  return voters;
}

const VotersList& LearningTasks::committee(const LearningRequest& request) {
  if (committees_key_ != request.keys[0]) committees_.clear();
  committees_key_ = request.keys[0];
  if (const auto found = committees_.find(request.version); found != committees_.end()) return found->second;
  VotersList list;
  for (std::uint64_t part = 0; part < parts_.committee->parts() * targets(); ++part) {
    if (const auto bytes = parts_.blobs->get(member_name(request.version, part), request.keys.back())) {
      std::istringstream in(*bytes);
      list.push_back(parts_.committee->load(in, part % parts_.committee->parts()));
    } else {
      list.push_back(fit(request, part));
    }
  }
  if (committees_.size() == committees_kept) committees_.erase(committees_.begin());
  return committees_[request.version] = std::move(list);
}

void LearningTasks::test(const LearningRequest& request, std::vector<double>& values) {
  const VotersList& voters = committee(request);
  if (test_key_ != request.test_key) test_ = unpack_points(parts_.blobs->expect(test_name, request.test_key), parts_.dim, targets());
  test_key_ = request.test_key;
  const std::size_t votes = count_votes(voters), own = votes / targets();
  std::vector<float> matrix;
  for (std::size_t first = request.first; first < request.first + request.count; first += block) {
    const std::size_t n = std::min(block, request.first + request.count - first);
    matrix.resize(n * votes);
    predict_votes(voters, std::span(test_.x).subspan(first * parts_.dim, n * parts_.dim), parts_.dim, matrix);
    for (std::size_t k = 0; k < n * targets(); ++k) values.push_back(mean_vote(std::span(matrix).subspan(k * own, own)));
  }
}

void LearningTasks::candidates(const LearningRequest& request, std::vector<double>& values) {
  const VotersList& voters = committee(request);
  const std::size_t dim = parts_.dim, votes = count_votes(voters), own = votes / targets();
  // Several numbers may have units as different as can be: each counts by its own spread.
  std::vector<double> units(targets(), 1.0);
  if (targets() > 1) units = variances(request);
  if (targets() > 1 && parts_.score == Score::deviation)
    for (double& u : units) u = std::sqrt(u);
  const auto worth = [&](std::span<const float> row) {
    double sum = 0.0;
    for (std::size_t t = 0; t < targets(); ++t)
      if (units[t] > 0.0) sum += score(parts_.score, row.subspan(t * own, own)) / units[t];
    return sum / static_cast<double>(targets());
  };
  std::vector<float> x, matrix;
  const Scorer scorer = [&](std::span<const double> u, std::span<double> scores) {
    for (std::size_t first = 0; first < scores.size(); first += block) {
      const std::size_t n = std::min(block, scores.size() - first);
      const auto part = u.subspan(first * dim, n * dim);
      x.assign(part.begin(), part.end());
      matrix.resize(n * votes);
      predict_votes(voters, x, dim, matrix);
      for (std::size_t i = 0; i < n; ++i) scores[first + i] = worth(std::span(matrix).subspan(i * votes, votes));
    }
  };
  std::vector<double> u(request.count * dim), scores(request.count);
  parts_.candidates->make(request.step, request.first, u, scorer);
  scorer(u, scores);
  if (parts_.power > 0.0) draw_by_power(scores, parts_.power, parts_.seed, request.step, request.first);
  std::vector<Scored> list(request.count);
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = {scores[i], i};
  if (!parts_.candidates->single()) drop_equal(list, u, dim);
  keep_best(list, request.keep);
  for (const Scored& s : list) {
    values.push_back(s.score);
    values.push_back(static_cast<double>(request.first + s.index));
    if (!parts_.candidates->single()) values.insert(values.end(), u.begin() + static_cast<std::ptrdiff_t>(s.index * dim), u.begin() + static_cast<std::ptrdiff_t>((s.index + 1) * dim));
  }
}

}  // namespace umbra
