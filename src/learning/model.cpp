#include "src/learning/model.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/learning/score.h"
#include "src/space/raise.h"

namespace umbra {
namespace {

constexpr std::size_t block = 1024;
constexpr double gaps = 10.0;  // mean distances between neighbours within which points reach an end

ParameterSpace read_space(const Config& parameters) {
  Faults faults;
  ParameterSpace space = ParameterSpace::read(parameters, faults);
  raise(faults);
  return space;
}

std::vector<std::size_t> places(const ParameterSpace& space) {
  std::vector<std::size_t> all;
  for (const std::string& name : space.unit_names()) all.push_back(static_cast<std::size_t>(std::find(space.names().begin(), space.names().end(), name) - space.names().begin()));
  return all;
}

}  // namespace

LearnedModel::LearnedModel(ModelCard card, VotersList voters) : card_(std::move(card)), space_(read_space(card_.parameters)), voters_(std::move(voters)), place_(places(space_)) {
  VALIDATE(card_.low.size() == inputs().size() && card_.high.size() == inputs().size(), "the model's box has {} sides, and it has {} parameters: the model is altered, train it again",
           card_.low.size(), inputs().size());
  VALIDATE(count_votes(voters_) > 0, "the model's committee has no members: the model is altered, train it again");
}

std::vector<std::size_t> LearnedModel::outside(std::span<const double> x) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i] >= card_.low[i] && x[i] <= card_.high[i])) all.push_back(i);
  return all;
}

std::vector<Prediction> LearnedModel::predict(std::span<const double> x) {
  const std::size_t dim = inputs().size(), n = x.size() / dim, votes = count_votes(voters_);
  EXPECT(x.size() == n * dim);
  std::vector<Prediction> all(n);
  std::vector<double> theta(space_.size(), 0.0), u(dim);
  std::vector<float> features, matrix;
  for (std::size_t first = 0; first < n; first += block) {
    const std::size_t size = std::min(block, n - first);
    features.clear();
    for (std::size_t i = first; i < first + size; ++i) {
      const auto point = x.subspan(i * dim, dim);
      all[i].outside = !outside(point).empty();
      for (std::size_t d = 0; d < dim; ++d) theta[place_[d]] = std::isnan(point[d]) ? card_.low[d] : std::clamp(point[d], std::min(card_.low[d], card_.high[d]), card_.high[d]);
      space_.to_unit(theta, u);
      features.insert(features.end(), u.begin(), u.end());
    }
    matrix.resize(size * votes);
    predict_votes(voters_, features, dim, matrix);
    for (std::size_t i = 0; i < size; ++i) {
      const auto row = std::span<const float>(matrix).subspan(i * votes, votes);
      Prediction& p = all[first + i];
      p.vote = mean_vote(row);
      p.spread = score(Score::deviation, row);
      p.klass = p.vote > 0.5;
      p.confidence = card_.classes ? card_.calibration.confidence(p.vote) : 0.0;
    }
  }
  return all;
}

std::unique_ptr<Committee> make_committee(const ModelCard& card) {
  const std::size_t dim = read_space(card.parameters).dim();
  Faults faults;
  auto committee = CommitteeRegistry::instance().make(card.committee, faults, CommitteeContext{dim, card.classes, card.seed, card.evaluations});
  raise(faults);
  return committee;
}

void cover_box(const ParameterSpace& space, std::span<const float> u, std::vector<double>& low, std::vector<double>& high) {
  const std::size_t dim = space.dim(), n = u.size() / dim;
  EXPECT(n > 0);
  std::vector<double> smallest(dim, 1.0), largest(dim, 0.0), end(dim), theta(space.size());
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t d = 0; d < dim; ++d) {
      smallest[d] = std::min<double>(smallest[d], u[i * dim + d]);
      largest[d] = std::max<double>(largest[d], u[i * dim + d]);
    }
  const std::vector<std::size_t> place = places(space);
  const double reach = gaps / static_cast<double>(n);
  const auto value = [&](std::size_t d, double at) {  // others in the middle
    std::fill(end.begin(), end.end(), 0.5);
    end[d] = at;
    space.to_physical(end, theta);
    return theta[place[d]];
  };
  low.resize(dim);
  high.resize(dim);
  for (std::size_t d = 0; d < dim; ++d) {
    // A prior without an end goes on for ever beyond its outermost thousandth.
    const double width = value(d, 0.999) - value(d, 0.001);
    const bool has_low = value(d, 0.001) - value(d, 0.0) < 0.1 * width, has_high = value(d, 1.0) - value(d, 0.999) < 0.1 * width;
    low[d] = value(d, has_low && smallest[d] < reach ? 0.0 : smallest[d]);
    high[d] = value(d, has_high && largest[d] > 1.0 - reach ? 1.0 : largest[d]);
  }
}

}  // namespace umbra
