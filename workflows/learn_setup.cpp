#include "workflows/learn_setup.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "io/blob_directory.h"
#include "io/input_path.h"
#include "io/point_table.h"
#include "io/reader.h"
#include "io/yaml.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/learning/model.h"

namespace umbra {
namespace {

constexpr std::uint64_t unlimited_batches = std::uint64_t{1} << 32;

struct StartOptions : EarlierRunOptions {
  Config sampler = Config("sobol");
  std::optional<std::uint64_t> evaluations;
  static OptionSet<StartOptions> options() {
    OptionSet<StartOptions> o;
    o.add("sampler", &StartOptions::sampler, "which sampler makes the start set: a name, or a map with its options");
    o.add("evaluations", &StartOptions::evaluations, "points of the start set", at_least(2));
    return add_common(o);
  }
};

struct QueryOptions {
  std::uint64_t candidates = 100000;
  std::string score = "margin";
  std::uint64_t batch = 2500;
  std::uint64_t lag = 1;
  std::string choice = "top";
  std::uint64_t among = 4;
  double power = 4.0;
  double random_share = 0.0;
  std::uint64_t slice = 4096;
  std::optional<std::string> pool;
  std::optional<Config> sampler;
  static OptionSet<QueryOptions> options() {
    OptionSet<QueryOptions> o;
    o.add("candidates", &QueryOptions::candidates, "points among which a committee chooses a batch", at_least(1));
    o.add("score", &QueryOptions::score, "what makes a candidate informative", one_of(score_names()));
    o.add("batch", &QueryOptions::batch, "points that are chosen and evaluated in a step", at_least(1));
    o.add("lag", &QueryOptions::lag, "batch b comes from a committee trained on batches < b - lag; 1: simulators work while it trains, 0: it waits", between(0, 1000));
    o.add("choice", &QueryOptions::choice, "the best by score; a draw by score^`power`; or a spread among `among` times as many (greedy k-centre in the unit cube)", one_of({"top", "power", "k_centre"}));
    o.add("among", &QueryOptions::among, "k_centre: chooses among so many times the batch", between(2, 1000));
    o.add("power", &QueryOptions::power, "power: candidates are drawn in proportion to score^power, so that batches are less alike than the best are", above(0.0));
    o.add("random_share", &QueryOptions::random_share, "top and power: share of a batch that is drawn from the priors instead", between(0.0, 1.0));
    o.add("slice", &QueryOptions::slice, "candidates that a rank scores in one go", between(64, 1e7));
    o.add("pool", &QueryOptions::pool, "a file of points (CSV or HDF5) that are the candidates, instead of fresh draws from the priors");
    o.add("sampler", &QueryOptions::sampler, "a sampler that climbs the score, whose proposals are the candidates");
    return o;
  }
};

struct TestOptions {
  std::uint64_t evaluations = 10000;
  static OptionSet<TestOptions> options() {
    return OptionSet<TestOptions>().add("evaluations", &TestOptions::evaluations, "points drawn from the priors that test each committee and never train it (0: none, and no calibration)", at_least(0));
  }
};

struct LearnStop {
  std::optional<double> accuracy;
  std::uint64_t standing_still = 0;
  double least_gain = 1e-3;
  static OptionSet<LearnStop> options() {
    OptionSet<LearnStop> o;
    o.add("accuracy", &LearnStop::accuracy, "stop when a committee reaches it on the test set (regression: r2)", between(0.0, 1.0));
    o.add("standing_still", &LearnStop::standing_still, "stop after so many steps in which accuracy has gained less than least_gain (0: never)", at_least(0));
    o.add("least_gain", &LearnStop::least_gain, "see standing_still", at_least(0.0));
    return o;
  }
};

template <class O>
O read_part(const Config& root, const char* key, Faults& faults) {
  const Config* part = root.find(key);
  return part ? O::options().read(*part, faults, key, {}) : O{};
}

Config as_sampler(const Config& c) { return c.is_scalar() ? Config::map({{"type", c, c.mark()}}, c.mark()) : c; }

Allowed read_allowed(const Config& root, const ParameterSpace& space, Faults& faults) {
  const Config* require = root.find("require");
  if (!require) return nullptr;
  auto expression = std::make_shared<Expression>(require->text(), space.names(), require->mark(), "require", faults);
  auto theta = std::make_shared<std::vector<double>>(space.size());
  return [space, expression, theta](std::span<const double> u) {
    space.to_physical(u, *theta);
    return expression->is_true(*theta);
  };
}

// Each place in the unit cube once, and only where the job's `require` holds.
std::vector<double> read_pool(const std::string& name, const ParameterSpace& space, const Allowed& allowed) {
  const std::string file = find_input(name);
  const PointTable table = read_points(file, {space.unit_names(), space.names()});
  VALIDATE(table.rows() > 0, "{} has no points, and candidates are to come from there", file);
  std::vector<double> all, u(space.dim()), theta(space.size(), 0.0);
  std::set<std::vector<double>> seen;
  std::vector<std::size_t> place;
  for (const std::string& name : space.unit_names()) place.push_back(static_cast<std::size_t>(std::find(space.names().begin(), space.names().end(), name) - space.names().begin()));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    for (std::size_t c = 0; c < place.size(); ++c) theta[place[c]] = table.values[i * place.size() + c];
    VALIDATE(space.contains(theta), "{}: point {} lies outside the priors", file, i);
    space.to_unit(theta, u);
    if ((!allowed || allowed(u)) && seen.insert(u).second) all.insert(all.end(), u.begin(), u.end());
  }
  VALIDATE(!all.empty(), "`require` is true for none of the {} points of {}, and candidates are to come from there: take other points", table.rows(), file);
  return all;
}

// What a learning curve is of.
constexpr std::array problem_keys = {"parameters", "preset", "require", "model", "constraints", "target"};

Config problem_of(const Config& job) {
  Config problem = Config::map({});
  for (const char* key : problem_keys)
    if (const Config* c = job.find(key)) problem.set(key, *c);
  return problem;
}

// The end of the learning curve of a run.
Baseline read_baseline(const std::string& run, const Config& job, bool classes) {
  const Reader reader(find_run(run));
  const auto text = reader.attributes().find("job");
  Faults faults;
  if (text != reader.attributes().end()) {
    const Config earlier = parse_yaml(std::get<std::string>(text->second), "job", faults);
    const auto other = differences(problem_of(earlier), problem_of(job), {});
    VALIDATE(other.empty(), "{} learns something else ({}), and its accuracy is no measure of this job's: name a run of the same parameters, model, constraints and target", run, join(other, "; "));
  }
  const auto evaluations = reader.numbers("learning", "evaluations"), quality = reader.numbers("learning", classes ? "accuracy" : "r2");
  VALIDATE(!quality.empty() && quality.size() == evaluations.size(), "{} has no learning curve of {} (name a finished run of `workflow: learn` with the same kind of target and a test set)", run,
           classes ? "classes" : "numbers");
  VALIDATE(!std::isnan(quality.back()), "{} has no test point with a value of the target, so that its {} is not known: run it with test: {{evaluations: 10000}}", run, classes ? "accuracy" : "r2");
  return {evaluations.back(), quality.back()};
}

void check_slha(const Config& slha, const std::vector<std::string>& inputs, Faults& faults) {
  if (!slha.is_map()) faults.add(slha.mark(), fmt::format("slha: expected a map of SLHA entries to parameters, such as {{EXTPAR 1: M1}}, found {}", Config::describe(slha.kind())));
  for (const Config::Item& i : slha.items())
    if (const std::string fault = slha_fault(i.key, i.value.text(), inputs); !fault.empty()) faults.add(i.mark, "slha: " + fault);
}

// What would have no effect is a misunderstanding.
void refuse_ignored(const Config& root, const StartOptions& start, const QueryOptions& query, const LearnStop& stop, Faults& faults) {
  const auto refuse = [&](bool ignored, const char* part, const char* key, const char* why) {
    const Config* where = root.find(part);
    const Config* value = where ? where->find(key) : nullptr;
    if (ignored && value) faults.add(value->mark(), fmt::format("{}: {} has no effect {}: take it out", part, key, why));
  };
  refuse(query.choice == "k_centre" && query.random_share > 0.0, "query", "random_share", "with choice: k_centre");
  refuse(query.choice != "k_centre", "query", "among", "without choice: k_centre");
  refuse(query.choice != "power", "query", "power", "without choice: power");
  refuse(query.pool.has_value(), "query", "candidates", "with pool, whose points are the candidates");
  refuse(start.from.has_value(), "start", "sampler", "with from, whose points are the start set");
  refuse(!start.from, "start", "where", "without from");
  refuse(!start.from, "start", "outside", "without from");
  refuse(stop.standing_still == 0, "stop", "least_gain", "without standing_still");
}

// How many batches follow the start set.
std::uint64_t count_batches(const Job& job, const LearnStop& stop, const LearnerOptions& o, Faults& faults) {
  const Config* where = job.root.find("stop");
  const Mark mark = where ? where->mark() : job.root.mark();
  if (!job.stop.evaluations) {
    const bool says = where && (where->find("evaluations") || where->find("walltime"));  // rightly or wrongly
    if (!says && !stop.accuracy && stop.standing_still == 0)
      faults.add(mark, "nothing says when to stop: add stop: {evaluations: N}, {accuracy: 0.95} or {standing_still: 5}");
    return unlimited_batches;
  }
  const std::uint64_t n = *job.stop.evaluations;
  const std::uint64_t whole = n > o.start ? (n - o.start) / o.batch : 0;
  if (n < o.start || o.start + whole * o.batch != n)
    faults.add(mark, fmt::format("stop: evaluations: {} is not the start set ({}) and a whole number of batches of {}: take {} or {}", n, o.start, o.batch, o.start + whole * o.batch,
                                 o.start + (whole + 1) * o.batch));
  return whole;
}

}  // namespace

std::optional<LearnSetup> LearnSetup::read(const Job& job, Faults& faults) {
  const std::size_t before = faults.size();
  LearnSetup s;
  s.points = PointEvaluator::read(job.root, faults);
  const auto start = read_part<StartOptions>(job.root, "start", faults);
  const auto query = read_part<QueryOptions>(job.root, "query", faults);
  const auto test = read_part<TestOptions>(job.root, "test", faults);
  const auto stop = LearnStop::options().read(job.stop_rest, faults, "stop", {"evaluations", "walltime"});
  if (!job.root.find("target")) faults.add(job.root.mark(), "'target' is missing: say what to learn, for instance target: {class: \"log_likelihood > -4\"}");
  else if (s.points) s.target = Target::read(*job.root.find("target"), s.points->columns(), faults);
  const Config* start_at = job.root.find("start");
  if (!start.evaluations && !start.from) faults.add(start_at ? start_at->mark() : job.root.mark(), "start: say evaluations: N (how many points come first), or from: RUN (the points of an earlier run)");
  if (start.evaluations && start.from) faults.add(start_at->mark(), "start: evaluations and from exclude each other: points of a run are not evaluated again");
  refuse_ignored(job.root, start, query, stop, faults);
  if (query.pool && query.sampler) faults.add(job.root.find("query")->mark(), "query: pool and sampler exclude each other: candidates come from one place");

  s.options = {.start = start.evaluations.value_or(0), .batch = query.batch, .lag = query.lag, .slice = query.slice, .spread = query.choice == "k_centre" ? query.among : 1,
               .random_share = query.random_share, .test = test.evaluations, .accuracy = stop.accuracy, .patience = stop.standing_still, .least_gain = stop.least_gain,
               .classes = !s.target || s.target->classes(), .targets = s.target ? std::max<std::size_t>(s.target->columns().size(), 1) : 1};
  if ((stop.accuracy || stop.standing_still > 0) && test.evaluations == 0) faults.add(job.root.mark(), "stop rules look at the test set: add test: {evaluations: 10000}");
  s.power = query.choice == "power" ? query.power : 0.0;
  s.score = score_named(query.score);
  if (!s.options.classes && !(job.root.find("query") && job.root.find("query")->find("score"))) s.score = Score::variance;
  if (!s.options.classes && s.score != Score::variance && s.score != Score::deviation)
    faults.add(job.root.find("query")->find("score")->mark(), fmt::format("query: score {} is for classes: take variance for a number", query.score));
  s.options.batches = count_batches(job, stop, s.options, faults);
  s.start_from = start;
  if (!start.from) s.start_sampler = as_sampler(start.sampler);
  s.directory = job.output.directory + "/learning";

  const std::size_t dim = s.points ? s.points->dim() : 2;  // so that all faults are seen in one go
  s.context = {.dim = dim, .periodic = s.points ? s.points->space().periodic() : std::vector<bool>(dim, false), .seed = job.seed};
  s.context.lengths = s.points ? s.points->space().lengths() : std::vector<double>(dim, 1.0);
  const Config* committee = job.root.find("committee");
  const Config forest = Config::map({{"type", "forest", {}}});
  s.committee = CommitteeRegistry::instance().make(committee ? *committee : forest, faults, CommitteeContext{dim, s.options.classes, job.seed});
  const Mark committee_at = committee ? committee->mark() : job.root.mark();
  if (s.committee && !s.committee->lacks().empty()) faults.add(committee_at, "committee: " + s.committee->lacks());
  if (const std::uint64_t n = job.stop.evaluations.value_or(0); s.committee && n > s.committee->most_points())
    faults.add(committee_at, fmt::format("committee: it learns from {} points at most, and there will be {} (the cost of a Gaussian process grows with their cube): raise its max_points, lower stop: "
                                         "{{evaluations}}, or take a forest", s.committee->most_points(), n));
  if (!start.from) s.make_start(faults);
  else if (s.points) EarlierRun::open(start, *start_at, "start", s.points->space(), job.root, faults);
  if (const Config* baseline = job.root.find("baseline")) {
    s.baseline = baseline->text();
    try {
      read_baseline(*s.baseline, job.root, s.options.classes);
    } catch (const UserError& e) {
      faults.add(baseline->mark(), std::string("baseline: ") + e.what());
    }
  }
  s.job = job.root;
  if (const Config* slha = job.root.find("slha"); slha && s.points) check_slha(*slha, s.points->space().unit_names(), faults);
  if (!s.points || faults.size() != before) return {};

  const ParameterSpace& space = s.points->space();
  const Allowed allowed = read_allowed(job.root, space, faults);
  try {
    if (query.pool) s.candidates = pool_candidates(dim, read_pool(*query.pool, space, allowed));
    else if (query.sampler) s.candidates = proposed_candidates(dim, job.seed, query.candidates, as_sampler(*query.sampler), query.slice, allowed, faults);
    else s.candidates = fresh_candidates(dim, job.seed, query.candidates, allowed);
    if (s.candidates && s.candidates->count() < query.batch * s.options.spread && !query.pool)
      faults.add(job.root.find("query") ? job.root.find("query")->mark() : job.root.mark(),
                 fmt::format("query: {} candidates are fewer than the {} among which a batch is chosen", s.candidates->count(), query.batch * s.options.spread));
  } catch (const UserError& e) {
    faults.add(job.root.find("query")->find("pool")->mark(), std::string("query: pool: ") + e.what());
  }
  if (faults.size() != before) return {};
  // What blobs are made of, beside the points.
  std::string made_of = std::to_string(job.seed);
  for (const char* key : {"parameters", "preset", "require", "model", "constraints", "target", "committee", "start"})
    if (const Config* c = job.root.find(key)) made_of += std::string(key) + write_yaml(*c);
  s.identity = chain_key(0, made_of);
  return s;
}

LearningTasks::Parts LearnSetup::task_parts() const {
  return {committee, candidates, std::make_shared<BlobDirectory>(directory), points->dim(), score, options.classes, target_names(), power, context.seed};
}

std::vector<std::string> LearnSetup::target_names() const {
  if (target->classes()) return {target->text()};
  std::vector<std::string> names;
  for (const LearntColumn& c : target->columns()) names.push_back(c.name);
  return names;
}

std::unique_ptr<Learner> LearnSetup::make_learner() const {
  Learner::Parts parts;
  parts.context = context;
  parts.committee_parts = committee->parts();
  parts.identity = identity;
  parts.target = [t = *target](const Outcome& o, std::size_t column) { return t.value(o.status, o.values, column); };
  parts.target_names = target_names();
  Faults none;
  if (!start_from.from) parts.start = make_start(none);
  else parts.given = read_start();
  if (baseline) parts.baseline = read_baseline(*baseline, job, options.classes);
  parts.candidates = candidates;
  parts.blobs = std::make_shared<BlobDirectory>(directory);
  return std::make_unique<Learner>(options, std::move(parts));
}

std::unique_ptr<Sampler> LearnSetup::make_start(Faults& faults) const {
  SamplerContext own = context;
  own.evaluations = options.start;
  return SamplerRegistry::instance().make(start_sampler, faults, own);
}

GivenPoints LearnSetup::read_start() const {
  Faults faults;
  const auto run = EarlierRun::open(start_from, Config::map({}), "start", points->space(), job, faults);
  faults.throw_if_any("start");
  std::vector<std::string> names;
  for (const Column& c : points->columns()) names.push_back(c.name);
  const EarlierRun::Rows rows = run->rows(names);
  GivenPoints given{rows.u, {}};
  std::vector<double> row(names.size());
  std::uint64_t usable = 0;
  for (std::size_t i = 0; i < rows.ids.size(); ++i) {
    for (std::size_t c = 0; c < names.size(); ++c) row[c] = rows.columns[c][i];
    bool any = false;
    for (std::size_t t = 0; t < options.targets; ++t) {
      const auto value = target->value(rows.status[i], row, t);
      given.y.push_back(value.value_or(std::numeric_limits<float>::quiet_NaN()));
      any = any || value;
    }
    usable += any;
  }
  VALIDATE(usable > 1, "start: {} of the {} points of {} have a value of the target '{}' (are its columns those of this job?): take a run that has some", usable, rows.ids.size(), run->directory(), target->text());
  VALIDATE(usable <= committee->most_points(), "start: {} points of {} have a value of the target, and the committee learns from {} at most (the cost of a Gaussian process grows with their cube): choose some with where:, "
           "raise its max_points, or take a forest", usable, run->directory(), committee->most_points());
  return given;
}

}  // namespace umbra
