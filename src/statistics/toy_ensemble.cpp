#include "src/statistics/toy_ensemble.h"

#include <algorithm>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/vector.hpp>
#include <cmath>
#include <limits>

#include "src/base/error.h"

namespace umbra {

namespace {

constexpr std::size_t most_strengths = 40;
constexpr double closest_strengths = 0.02;  // relative

std::uint64_t whole_blocks(std::uint64_t toys, std::uint64_t block) { return (toys + block - 1) / block; }

double rounded(double poi) { return std::stod(fmt::format("{:.3g}", poi)); }

double relative_error(const PValue& p) { return p.value > 0 ? (p.high - p.low) / 2 / p.value : std::numeric_limits<double>::infinity(); }

}  // namespace

std::uint64_t usual_block(const ToyModel& model, std::size_t tested) {
  const double size = static_cast<double>(model.num_parameters()) * static_cast<double>(model.observed().size()) *
                      static_cast<double>(std::max<std::size_t>(tested, 1));
  return size < 1e4 ? 1000 : size < 1e6 ? 100 : 10;
}

ToyEnsemble::ToyEnsemble(ToyEnsembleOptions options, std::unique_ptr<ToyModel> model, std::unique_ptr<TestStatistic> statistic)
    : options_(std::move(options)), model_(std::move(model)), statistic_(std::move(statistic)) {
  EXPECT(options_.block > 0 && (options_.stop.toys > 0 || options_.stop.max_toys > 0));
  try {
    if (options_.goal == ToyGoal::discovery) asymptotic_discovery_ = Asymptotics(*model_).discovery();
    if (options_.goal == ToyGoal::limit && options_.asymptotic) asymptotic_limit_ = Asymptotics(*model_, *options_.asymptotic).upper_limit(options_.confidence);
  } catch (const UserError&) {
    // Toys can do without.
  }
  reset();
}

// The state before any outcome.
void ToyEnsemble::reset() {
  stages_.clear();
  strengths_.clear();
  by_poi_.clear();
  last_stage_ = false;
  next_ = settled_ = slice_.from(0);
  end_ = no_end;
  const std::uint64_t wanted = options_.stop.toys > 0 ? options_.stop.toys : options_.stop.max_toys;
  if (options_.goal == ToyGoal::limit) {
    begin_stage(first_strengths(), 0, whole_blocks(options_.pilot, options_.block));
  } else {
    last_stage_ = true;
    const bool one = options_.goal == ToyGoal::discovery || options_.goal == ToyGoal::fit;
    begin_stage(one ? std::vector<double>{0.0} : options_.tested, 0, whole_blocks(wanted, options_.block));
  }
}

std::vector<double> ToyEnsemble::first_strengths() {
  std::vector<double> wanted = {1.0};
  if (asymptotic_limit_) {
    wanted.assign(asymptotic_limit_->expected.begin(), asymptotic_limit_->expected.end());
    wanted.push_back(asymptotic_limit_->observed);
    std::sort(wanted.begin(), wanted.end());
  }
  std::vector<double> apart;
  for (const double poi : wanted)
    if (std::isfinite(poi) && poi > 0 && (apart.empty() || poi > apart.back() * (1 + closest_strengths))) apart.push_back(rounded(poi));
  return apart.empty() ? std::vector<double>{1.0} : apart;
}

void ToyEnsemble::add_strength(double poi) {
  if (!by_poi_.try_emplace(poi, strengths_.size()).second) return;
  Strength s{poi, observed_row(*model_, *statistic_, poi), std::nullopt, {}, {}};
  if (options_.asymptotic && has_alternative()) {
    try {
      s.asymptotic = Asymptotics(*model_, *options_.asymptotic).test(poi);
    } catch (const UserError&) {
      // Toys can do without.
    }
  }
  strengths_.push_back(std::move(s));
}

void ToyEnsemble::begin_stage(const std::vector<double>& strengths, std::uint64_t first_block, std::uint64_t blocks) {
  Stage stage;
  if (!stages_.empty()) stage.first = stages_.back().first + stages_.back().blocks * stages_.back().sources;
  stage.first_block = first_block;
  stage.blocks = blocks;
  for (const double poi : strengths) {
    add_strength(poi);
    stage.strengths.push_back(by_poi_.at(poi));
  }
  stage.sources = strengths.size() + (has_alternative() ? 1 : 0);
  stages_.push_back(stage);
  if (last_stage_) end_ = stage.first + stage.blocks * stage.sources;
}

ToyEnsemble::Place ToyEnsemble::find(TaskId id) const {
  const auto after = std::find_if(stages_.rbegin(), stages_.rend(), [id](const Stage& s) { return s.first <= id; });
  EXPECT(after != stages_.rend());
  const std::uint64_t within = id - after->first;
  const auto source = static_cast<std::size_t>(within % after->sources);
  const bool shared = has_alternative() && source == 0;
  return {&*after, within / after->sources, shared, shared || !has_alternative() ? source : source - 1, source + 1 == after->sources};
}

ToyRequest ToyEnsemble::request(TaskId id) const {
  const Place place = find(id);
  ToyRequest r;
  r.first = (place.stage->first_block + place.block) * options_.block;
  r.count = options_.block;
  if (place.shared) {
    r.side = ToySide::alternative;
    r.generated = statistic_->alternative(strengths_[place.stage->strengths.front()].poi);
    for (const std::size_t s : place.stage->strengths) r.tested.push_back(strengths_[s].poi);
  } else {
    const double poi = strengths_[place.stage->strengths[place.strength]].poi;
    r.generated = statistic_->tested(poi);
    r.tested = {poi};
  }
  return r;
}

std::vector<Task> ToyEnsemble::ask(std::size_t max) {
  const Stage& last = stages_.back();
  const TaskId available = std::min(end_, last.first + last.blocks * last.sources);
  std::vector<Task> tasks;
  for (; next_ < available && tasks.size() < max; next_ = slice_.from(next_ + 1))
    if (!told_.count(next_)) tasks.push_back({TaskKind::toys, next_, pack(request(next_)), Care::normal});
  return tasks;
}

void ToyEnsemble::tell(const Outcome& outcome) {
  if (outcome.kind != TaskKind::toys) return;
  told_[outcome.id] = outcome.status == Status::ok ? PackedNumbers(outcome.values) : PackedNumbers();
  settle();
}

void ToyEnsemble::take_slice(const Slice& slice) {
  EXPECT(slices(options_));
  slice_ = slice;
  reset();
}

void ToyEnsemble::settle() {
  for (auto next = told_.find(settled_); settled_ < end_ && next != told_.end() && next->first == settled_; ++next) {
    account(settled_, next->second.unpack());
    const Place place = find(settled_);
    settled_ = slice_.from(settled_ + 1);
    if (place.last) block_complete(place);
  }
}

void ToyEnsemble::account(TaskId id, const std::vector<double>& values) {
  const Place place = find(id);
  const bool shared = place.shared;
  const std::size_t tested = shared ? place.stage->strengths.size() : 1;
  for (std::size_t t = 0; t < tested; ++t) {
    Strength& s = strengths_[place.stage->strengths[shared ? t : place.strength]];
    ToyCounts& counts = shared ? s.background : s.signal;
    if (values.empty()) counts.unresolved += options_.block;
    for (std::size_t i = t; i < values.size(); i += tested) {
      if (std::isnan(values[i])) {
        ++counts.unresolved;
      } else {
        ++counts.resolved;
        if (at_least_as_extreme(values[i], s.observed.statistic, statistic_->extreme())) ++counts.extreme;
      }
    }
  }
}

void ToyEnsemble::block_complete(const Place& place) {
  if (last_stage_ && options_.stop.toys == 0 && precise()) {
    end_ = settled_;
    return;
  }
  if (!last_stage_ && place.block + 1 == place.stage->blocks) stage_complete();
}

void ToyEnsemble::stage_complete() {
  const std::uint64_t pilot = whole_blocks(options_.pilot, options_.block);
  const std::vector<LimitPoint> points = limit_points();
  if (strengths_.size() < most_strengths) {
    if (const auto next = next_strength(points)) return begin_stage({*next}, 0, pilot);
  }
  std::vector<double> all;
  for (const LimitPoint& p : points) all.push_back(p.poi);
  const std::uint64_t wanted = whole_blocks(options_.stop.toys > 0 ? options_.stop.toys : options_.stop.max_toys, options_.block);
  last_stage_ = true;
  begin_stage(all, pilot, wanted > pilot ? wanted - pilot : 0);
  if (options_.stop.toys == 0 && precise()) end_ = settled_;
}

// For the limit of the data; then so far out that the expected ones are between points.
std::optional<double> ToyEnsemble::next_strength(const std::vector<LimitPoint>& points) const {
  const auto unused = [this](std::optional<double> poi) {
    return poi && !by_poi_.count(rounded(*poi)) ? std::optional(rounded(*poi)) : std::nullopt;
  };
  if (const auto next = unused(next_signal_strength(points, toy_upper_limit(points, options_.confidence)))) return next;
  const auto all = limits();
  for (std::size_t i = 0; all && i < all->expected.size(); ++i) {
    const ToyLimit& expected = all->expected[i];
    if (expected.place == LimitPlace::between_points) continue;
    if (const auto next = unused((expected.place == LimitPlace::below_all ? 0.7 : 1.4) * expected.value)) return next;
  }
  return std::nullopt;
}

bool ToyEnsemble::precise() const {
  const std::string& quantity = options_.stop.quantity;
  if (quantity == "upper_limit") {
    const ToyLimit limit = toy_upper_limit(limit_points(), options_.confidence);
    return limit.error <= options_.stop.relative * std::abs(limit.value);
  }
  return std::all_of(strengths_.begin(), strengths_.end(), [&](const Strength& s) {
    if (quantity == "CLs") return relative_error(cls(s.signal, s.background).cls) <= options_.stop.relative;
    return relative_error(p_value(quantity == "CLb" ? s.background : s.signal)) <= options_.stop.relative;
  });
}

std::vector<const ToyEnsemble::Strength*> ToyEnsemble::sorted() const {
  std::vector<const Strength*> all;
  for (const auto& [poi, index] : by_poi_) all.push_back(&strengths_[index]);
  return all;
}

std::vector<LimitPoint> ToyEnsemble::limit_points() const {
  std::vector<LimitPoint> points;
  for (const Strength* s : sorted()) {
    if (s->signal.resolved == 0 || s->background.resolved == 0) continue;
    points.push_back({s->poi, s->signal, s->background});
  }
  return points;
}

void ToyEnsemble::collect(std::size_t strength, std::vector<double>& signal, std::vector<double>& background) const {
  for (const auto& [id, packed] : told_) {
    if (id >= settled_) break;
    const Place place = find(id);
    const auto& in_stage = place.stage->strengths;
    const auto at = static_cast<std::size_t>(std::find(in_stage.begin(), in_stage.end(), strength) - in_stage.begin());
    const bool shared = place.shared;
    if (at == in_stage.size() || (!shared && place.strength != at)) continue;
    const std::vector<double> values = packed.unpack();
    for (std::size_t i = shared ? at : 0; i < values.size(); i += shared ? in_stage.size() : 1)
      if (!std::isnan(values[i])) (shared ? background : signal).push_back(values[i]);
  }
}

std::vector<ToyTest> ToyEnsemble::tests() const {
  std::vector<ToyTest> all;
  if (!has_alternative()) return all;
  for (const Strength* s : sorted()) {
    ToyTest test{s->poi, s->observed, s->signal, s->background, cls(s->signal, s->background), {}, s->asymptotic};
    std::vector<double> signal, background;
    collect(by_poi_.at(s->poi), signal, background);
    test.expected = expected_cls(signal, background, statistic_->extreme());
    all.push_back(std::move(test));
  }
  return all;
}

std::optional<ToyLimits> ToyEnsemble::limits() const {
  if (options_.goal != ToyGoal::limit || limit_points().empty()) return {};
  ToyLimits all;
  all.observed = toy_upper_limit(limit_points(), options_.confidence);
  all.asymptotic = asymptotic_limit_;
  // Background toys in place of the data: at their quantiles, signal strength by signal strength.
  std::array<std::vector<LimitPoint>, 5> points;
  const double sign = statistic_->extreme() == TestStatistic::Side::high ? 1.0 : -1.0;
  for (const Strength* s : sorted()) {
    std::vector<double> signal, background;
    collect(by_poi_.at(s->poi), signal, background);
    if (signal.empty() || background.empty()) continue;
    for (auto* list : {&signal, &background}) {
      for (double& q : *list) q *= sign;
      std::sort(list->begin(), list->end());
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto index = static_cast<std::size_t>(normal_tail(static_cast<double>(i) - 2.0) * static_cast<double>(background.size()));
      const double from = background[std::min(index, background.size() - 1)] - statistic_tie;
      const auto count = [from](const std::vector<double>& list) {
        return ToyCounts{static_cast<std::uint64_t>(list.end() - std::lower_bound(list.begin(), list.end(), from)), list.size(), 0};
      };
      points[i].push_back({s->poi, count(signal), count(background)});
    }
  }
  for (std::size_t i = 0; i < points.size(); ++i) all.expected[i] = toy_upper_limit(points[i], options_.confidence);
  return all;
}

std::optional<ToyFraction> ToyEnsemble::fraction() const {
  if (options_.goal != ToyGoal::discovery && options_.goal != ToyGoal::fit) return {};
  const Strength& s = strengths_.front();
  return ToyFraction{options_.goal == ToyGoal::discovery, s.observed, s.signal, p_value(s.signal), asymptotic_discovery_};
}

std::vector<IntervalPoint> ToyEnsemble::interval_points() const {
  std::vector<IntervalPoint> points;
  if (options_.goal == ToyGoal::interval)
    for (const Strength* s : sorted()) points.push_back({s->poi, s->signal});
  return points;
}

std::vector<std::pair<std::string, double>> ToyEnsemble::progress() const {
  if (options_.goal == ToyGoal::limit) {
    const std::vector<LimitPoint> points = limit_points();
    if (points.empty()) return {};
    const ToyLimit limit = toy_upper_limit(points, options_.confidence);
    return {{"upper_limit", limit.value}, {"upper_limit_error", limit.error}};
  }
  const auto p_of = [this](const Strength& s) { return options_.goal == ToyGoal::hypotheses ? cls(s.signal, s.background).cls : p_value(s.signal); };
  const Strength* least = nullptr;
  for (const Strength& s : strengths_)
    if (s.signal.resolved > 0 && (!has_alternative() || s.background.resolved > 0) && (!least || relative_error(p_of(s)) > relative_error(p_of(*least)))) least = &s;
  if (!least) return {};
  const PValue p = p_of(*least);
  const bool one = options_.goal == ToyGoal::discovery || options_.goal == ToyGoal::fit;
  const std::string name = options_.goal == ToyGoal::discovery ? "p0" : options_.goal == ToyGoal::fit ? "p" : options_.goal == ToyGoal::hypotheses ? "CLs" : "CLsb";
  std::vector<std::pair<std::string, double>> all = {{name, p.value}, {name + "_error", (p.high - p.low) / 2}};
  if (!one) all.insert(all.begin(), {"mu", least->poi});
  return all;
}

SamplerResult ToyEnsemble::result() const {
  SamplerResult r;
  std::uint64_t made = 0, unresolved = 0;
  for (const Strength& s : strengths_) {
    unresolved += s.signal.unresolved + s.background.unresolved;
    made += s.signal.unresolved + s.signal.resolved + s.background.unresolved + s.background.resolved;
  }
  if (unresolved > 0)
    r.warnings.push_back(
        fmt::format("{} of {} tests of toys have a fit that is not resolved: they count in no p-value, and `lowest` and `highest` hold whatever they "
                    "would have been",
                    unresolved, made));
  if (options_.stop.toys == 0 && last_stage_ && done() && !precise())
    r.warnings.push_back(fmt::format("max_toys was reached before {} had the relative precision {}", options_.stop.quantity, options_.stop.relative));
  return r;
}

void ToyEnsemble::save(std::ostream& out) const {
  boost::archive::binary_oarchive archive(out, boost::archive::no_header);
  archive << told_;
}

void ToyEnsemble::load(std::istream& in) {
  boost::archive::binary_iarchive archive(in, boost::archive::no_header);
  reset();
  archive >> told_;
  settle();
}

}  // namespace umbra
