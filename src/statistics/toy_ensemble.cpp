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
constexpr double usual_block_s = 1.0;
constexpr std::uint64_t foreign_block = 10;  // of code of which nobody knows how long it takes

std::uint64_t whole_blocks(std::uint64_t toys, std::uint64_t block) { return (toys + block - 1) / block; }

double rounded(double poi) { return std::stod(fmt::format("{:.3g}", poi)); }

// About how long the two fits of a toy take, s: Newton steps with a Fisher matrix, by their multiplications; right within a factor of 3 from 3 us to 2 ms
// (bench_toys_fit).
double test_s(const ToyModel& model) {
  constexpr double evaluations = 25, least_s = 1e-7, rate = 2e10;
  const auto n = static_cast<double>(model.num_parameters()), d = static_cast<double>(model.observed().size());
  return evaluations * (least_s + (n * d + n * n * d / 2 + n * n * n / 6) / rate);
}

/// Members in the order of their only value; empty where they have none, or two have the same.
std::vector<std::size_t> line_of(const ToyFamily& family) {
  std::map<double, std::size_t> order;
  for (std::size_t i = 0; i < family.size(); ++i)
    if (family[i].values.size() != 1 || !std::isfinite(family[i].values[0]) || !order.emplace(family[i].values[0], i).second) return {};
  std::vector<std::size_t> line;
  for (const auto& [value, member] : order) line.push_back(member);
  return line;
}

}  // namespace

std::uint64_t usual_block(const ToyFamily& family, std::size_t tested, std::uint64_t toys) {
  std::uint64_t block = 1000;
  std::map<std::size_t, double> toy_s;  // by background, whose toys are fitted with all members that have it
  for (std::size_t m = 0; m < family.size(); ++m) {
    const ToyModel& model = family.model(m);
    const auto timeout = model.isolation();
    if (timeout) block = std::min(block, std::max<std::uint64_t>(static_cast<std::uint64_t>(long_block_s / *timeout), 1));
    else if (model.is_foreign()) block = std::min(block, foreign_block);
    else toy_s[family[m].background] += test_s(model) * static_cast<double>(std::max<std::size_t>(tested, 1));
  }
  for (const auto& [background, seconds] : toy_s)
    while (block > 1 && static_cast<double>(block) * seconds > usual_block_s) block /= 10;
  return toys > 0 ? std::min(block, toys) : block;
}

ToyEnsemble::ToyEnsemble(ToyEnsembleOptions options, ToyFamily family, std::unique_ptr<TestStatistic> statistic)
    : options_(std::move(options)), family_(std::move(family)), statistic_(std::move(statistic)) {
  EXPECT(options_.block > 0 && (options_.stop.toys > 0 || options_.stop.max_toys > 0));
  ask_formulae();
  if (options_.goal == ToyGoal::discovery && options_.statistic_is_q0 && options_.importance.use != Importance::off) choose_origins();
  reset();
}

void ToyEnsemble::ask_formulae() {
  asymptotic_discovery_.resize(family_.size());
  asymptotic_limit_.resize(family_.size());
  for (std::size_t m = 0; m < family_.size(); ++m) {
    try {
      if (options_.goal == ToyGoal::discovery && options_.statistic_is_q0) asymptotic_discovery_[m] = Asymptotics(family_.model(m)).discovery();
      if (options_.goal == ToyGoal::limit && options_.asymptotic)
        asymptotic_limit_[m] = Asymptotics(family_.model(m), *options_.asymptotic).upper_limit(options_.confidence);
    } catch (const UserError&) {
      // Toys can do without.
    }
  }
}

void ToyEnsemble::choose_origins() {
  std::map<std::size_t, std::vector<ObservedSignal>> by_background;
  for (std::size_t m = 0; m < family_.size(); ++m) {
    const ToyRow row = observed_row(family_.model(m), *statistic_, 0.0);
    by_background[family_[m].background].push_back({m, row.statistic, row.poi_hat});
  }
  for (const auto& [background, signals] : by_background) {
    double smallest = 1.0;
    for (const ObservedSignal& s : signals) smallest = std::min(smallest, normal_tail(std::sqrt(std::max(s.q0, 0.0))));
    if (options_.importance.use == Importance::automatic && smallest >= importance_below) continue;
    std::vector<ToyShare> origins = importance_origins(family_, signals, options_.importance);
    if (!origins.empty()) origins_[background] = std::move(origins);
  }
}

// The state before any outcome.
void ToyEnsemble::reset() {
  stages_.clear();
  strengths_.clear();
  index_.clear();
  global_.reset();
  last_stage_ = options_.goal != ToyGoal::limit;
  next_ = settled_ = slice_.from(0);
  end_ = no_end;
  const std::uint64_t wanted = options_.stop.toys > 0 ? options_.stop.toys : options_.stop.max_toys;
  begin_stage(first_points(), 0, whole_blocks(last_stage_ ? wanted : options_.pilot, options_.block));
  if (has_global_p_value()) {
    std::vector<double> observed;
    for (const Strength& s : strengths_) observed.push_back(s.observed.statistic);
    global_.emplace(std::move(observed), line_of(family_), origins_.empty() ? 0.0 : 1 / options_.importance.background_share);
  }
}

bool ToyEnsemble::has_global_p_value() const {
  return options_.goal == ToyGoal::discovery && options_.statistic_is_q0 && family_.size() > 1 &&
         std::all_of(strengths_.begin(), strengths_.end(), [&](const Strength& s) { return family_[s.member].background == 0; });
}

std::vector<SignalPoint> ToyEnsemble::first_points() const {
  std::vector<SignalPoint> points;
  for (std::size_t m = 0; m < family_.size(); ++m) {
    const bool one = options_.goal == ToyGoal::discovery || options_.goal == ToyGoal::fit;
    for (const double poi : one ? std::vector<double>{0.0} : options_.goal == ToyGoal::limit ? first_strengths(m) : options_.tested)
      points.push_back({m, poi});
  }
  return points;
}

std::vector<double> ToyEnsemble::first_strengths(std::size_t member) const {
  std::vector<double> wanted = {1.0};
  if (const auto& formula = asymptotic_limit_[member]) {
    wanted.assign(formula->expected.begin(), formula->expected.end());
    wanted.push_back(formula->observed);
    std::sort(wanted.begin(), wanted.end());
  }
  std::vector<double> apart;
  for (const double poi : wanted)
    if (std::isfinite(poi) && poi > 0 && (apart.empty() || poi > apart.back() * (1 + closest_strengths))) apart.push_back(rounded(poi));
  return apart.empty() ? std::vector<double>{1.0} : apart;
}

std::size_t ToyEnsemble::add_strength(const SignalPoint& point) {
  const auto [entry, fresh] = index_.try_emplace({point.member, point.poi}, strengths_.size());
  if (!fresh) return entry->second;
  ToyModel& model = family_.model(point.member);
  Strength s{point.member, point.poi, {}, std::nullopt};
  try {
    s.observed = observed_row(model, *statistic_, point.poi);
    // What a rank could not make toys of is told before any is asked for.
    if (has_alternative()) conditional_parameters(model, statistic_->alternative(point.poi));
  } catch (const UserError& e) {
    throw UserError(family_.about(point.member) + e.what());
  }
  s.weighted.bound = 1 / options_.importance.background_share;
  if (options_.asymptotic && has_alternative()) {
    try {
      s.asymptotic = Asymptotics(model, *options_.asymptotic).test(point.poi);
    } catch (const UserError&) {
      // Toys can do without.
    }
  }
  strengths_.push_back(std::move(s));
  return entry->second;
}

void ToyEnsemble::begin_stage(const std::vector<SignalPoint>& points, std::uint64_t first_block, std::uint64_t blocks) {
  std::map<std::size_t, std::vector<std::size_t>> by_background;
  std::vector<ToySource> sources;
  for (const SignalPoint& point : points) {
    const std::size_t strength = add_strength(point);
    by_background[family_[point.member].background].push_back(strength);
    if (options_.goal != ToyGoal::discovery) sources.push_back({ToySide::tested, point.member, {strength}});
  }
  std::vector<ToySource> shared;
  if (has_alternative() || options_.goal == ToyGoal::discovery)
    for (auto& [background, strengths] : by_background)
      shared.push_back({has_alternative() ? ToySide::alternative : ToySide::tested, background, std::move(strengths)});
  sources.insert(sources.begin(), shared.begin(), shared.end());
  const ToyStages::Stage& stage = stages_.begin(std::move(sources), first_block, blocks);
  if (last_stage_) end_ = stage.end();
}

ToyRequest ToyEnsemble::request(TaskId id) const {
  const ToyStages::Place place = stages_.find(id);
  const double poi = strengths_[place.source->strengths.front()].poi;
  ToyRequest r;
  r.first = (place.stage->first_block + place.block) * options_.block;
  r.count = options_.block;
  r.side = place.source->side;
  r.hypothesis = {place.source->member, r.side == ToySide::alternative ? statistic_->alternative(poi) : statistic_->tested(poi)};
  for (const std::size_t s : place.source->strengths) r.tested.push_back({strengths_[s].member, strengths_[s].poi});
  if (is_weighted(*place.source)) r.origins = origins_.at(place.source->member);
  return r;
}

std::vector<Task> ToyEnsemble::ask(std::size_t max) {
  const TaskId available = std::min(end_, stages_.last().end());
  std::vector<Task> tasks;
  for (; next_ < available && tasks.size() < max; next_ = slice_.from(next_ + 1))
    if (!told_.count(next_)) tasks.push_back({TaskKind::toys, next_, pack(request(next_)), Care::normal});
  return tasks;
}

void ToyEnsemble::tell(const Outcome& outcome) {
  if (outcome.kind != TaskKind::toys) return;
  told_[outcome.id] = outcome.status == Status::ok ? PackedNumbers(outcome.values) : PackedNumbers();
  slowest_block_s_ = std::max(slowest_block_s_, outcome.duration);
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
    const ToyStages::Place place = stages_.find(settled_);
    settled_ = slice_.from(settled_ + 1);
    if (place.last) block_complete(place);
  }
}

void ToyEnsemble::account(TaskId id, const std::vector<double>& values) {
  const ToySource& source = *stages_.find(id).source;
  // A block whose weights are all 1 comes without them.
  const std::size_t tested = source.strengths.size(), width = values.empty() ? tested : values.size() / options_.block;
  const auto log_weight = [&](std::size_t toy) { return width > tested ? values[toy + tested] : 0.0; };
  EXPECT(values.empty() || (values.size() == width * options_.block && width <= tested + 1));
  for (std::size_t t = 0; t < tested; ++t) {
    Strength& s = strengths_[source.strengths[t]];
    ToyCounts& counts = source.side == ToySide::alternative ? s.background : s.signal;
    if (values.empty()) {
      counts.unresolved += options_.block;
      s.weighted.add_unknown(options_.block);
    }
    for (std::size_t i = 0; i < values.size(); i += width) {
      counts.add(values[i + t], s.observed.statistic, statistic_->extreme());
      if (is_weighted(source)) s.weighted.add(values[i + t], log_weight(i), s.observed.statistic, statistic_->extreme());
    }
  }
  if (!global_) return;
  if (values.empty()) global_->add_unknown(options_.block);
  for (std::size_t i = 0; i < values.size(); i += width) global_->add({&values[i], tested}, log_weight(i));
}

void ToyEnsemble::block_complete(const ToyStages::Place& place) {
  if (last_stage_ && options_.stop.toys == 0 && precise()) {
    end_ = settled_;
    return;
  }
  if (!last_stage_ && place.block + 1 == place.stage->blocks) stage_complete();
}

void ToyEnsemble::stage_complete() {
  const std::uint64_t pilot = whole_blocks(options_.pilot, options_.block);
  std::vector<SignalPoint> more, all;
  for (std::size_t m = 0; m < family_.size(); ++m) {
    const std::vector<const Strength*> known = sorted(m);
    for (const Strength* s : known) all.push_back({m, s->poi});
    if (known.size() < most_strengths)
      if (const auto next = next_strength(m)) more.push_back({m, *next});
  }
  if (!more.empty()) return begin_stage(more, 0, pilot);
  const std::uint64_t wanted = whole_blocks(options_.stop.toys > 0 ? options_.stop.toys : options_.stop.max_toys, options_.block);
  last_stage_ = true;
  begin_stage(all, pilot, wanted > pilot ? wanted - pilot : 0);
  if (options_.stop.toys == 0 && precise()) end_ = settled_;
}

// For the limit of the data; then so far out that the expected ones are between points.
std::optional<double> ToyEnsemble::next_strength(std::size_t member) const {
  const std::vector<LimitPoint> points = limit_points(member);
  if (points.empty()) return std::nullopt;  // no toy was resolved that could say where
  const auto unused = [&](std::optional<double> poi) {
    return poi && !index_.count({member, rounded(*poi)}) ? std::optional(rounded(*poi)) : std::nullopt;
  };
  if (const auto next = unused(next_signal_strength(points, toy_upper_limit(points, options_.confidence)))) return next;
  const auto all = limits(member);
  for (std::size_t i = 0; all && i < all->expected.size(); ++i) {
    const ToyLimit& expected = all->expected[i];
    if (expected.place == LimitPlace::between_points) continue;
    if (const auto next = unused((expected.place == LimitPlace::below_all ? 0.7 : 1.4) * expected.value)) return next;
  }
  return std::nullopt;
}

bool ToyEnsemble::precise() const {
  if (options_.stop.quantity == "global_p") return global_ && relative_error(global_->result().p) <= options_.stop.relative;
  for (std::size_t m = 0; m < family_.size(); ++m)
    if (!precise(m)) return false;
  return true;
}

bool ToyEnsemble::precise(std::size_t member) const {
  const std::string& quantity = options_.stop.quantity;
  if (quantity == "upper_limit") {
    const std::vector<LimitPoint> points = limit_points(member);
    if (points.empty()) return false;
    const ToyLimit limit = toy_upper_limit(points, options_.confidence);
    return limit.error <= options_.stop.relative * std::abs(limit.value);
  }
  if (quantity == "p0") return relative_error(fraction(member)->p) <= options_.stop.relative;
  const std::vector<const Strength*> strengths = sorted(member);
  return std::all_of(strengths.begin(), strengths.end(), [&](const Strength* s) {
    if (quantity == "CLs") return relative_error(cls(s->signal, s->background).cls) <= options_.stop.relative;
    return relative_error(p_value(quantity == "CLb" ? s->background : s->signal)) <= options_.stop.relative;
  });
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
