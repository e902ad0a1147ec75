#include "workflows/learn_setup.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/blob_directory.h"
#include "io/point_table.h"
#include "io/reader.h"
#include "io/yaml.h"
#include "src/base/error.h"

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
    o.add("choice", &QueryOptions::choice, "the best by score, or a spread among `among` times as many (greedy k-centre in the unit cube)", one_of({"top", "k_centre"}));
    o.add("among", &QueryOptions::among, "k_centre: chooses among so many times the batch", between(2, 1000));
    o.add("random_share", &QueryOptions::random_share, "top: share of a batch that is drawn from the priors instead", between(0.0, 1.0));
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

std::vector<double> read_pool(const std::string& file, const ParameterSpace& space) {
  const PointTable table = read_points(file, {space.unit_names(), space.names()});
  VALIDATE(table.rows() > 0, "{} has no points, and candidates are to come from there", file);
  std::vector<double> u(table.rows() * space.dim()), theta(space.size(), 0.0);
  std::vector<std::size_t> place;
  for (const std::string& name : space.unit_names()) place.push_back(static_cast<std::size_t>(std::find(space.names().begin(), space.names().end(), name) - space.names().begin()));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    for (std::size_t c = 0; c < place.size(); ++c) theta[place[c]] = table.values[i * place.size() + c];
    VALIDATE(space.contains(theta), "{}: point {} lies outside the priors", file, i);
    space.to_unit(theta, std::span(u).subspan(i * space.dim(), space.dim()));
  }
  return u;
}

// The end of the learning curve of a run.
Baseline read_baseline(const std::string& run, bool classes) {
  const Reader reader(find_run(run));
  const auto evaluations = reader.numbers("learning", "evaluations"), quality = reader.numbers("learning", classes ? "accuracy" : "r2");
  VALIDATE(!quality.empty() && quality.size() == evaluations.size(), "{} has no learning curve of {} (name a finished run of `workflow: learn` with the same kind of target and a test set)", run,
           classes ? "classes" : "numbers");
  return {evaluations.back(), quality.back()};
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
  if (query.pool && query.sampler) faults.add(job.root.find("query")->mark(), "query: pool and sampler exclude each other: candidates come from one place");

  s.options = {.start = start.evaluations.value_or(0), .batch = query.batch, .lag = query.lag, .slice = query.slice, .spread = query.choice == "k_centre" ? query.among : 1,
               .random_share = query.random_share, .test = test.evaluations, .accuracy = stop.accuracy, .patience = stop.standing_still, .least_gain = stop.least_gain,
               .classes = !s.target || s.target->classes()};
  if ((stop.accuracy || stop.standing_still > 0) && test.evaluations == 0) faults.add(job.root.mark(), "stop rules look at the test set: add test: {evaluations: 10000}");
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
  s.committee = CommitteeRegistry::instance().make(committee ? *committee : forest, faults, CommitteeContext{dim, s.options.classes, job.seed, job.stop.evaluations.value_or(0)});
  if (s.committee && !s.committee->lacks().empty()) faults.add(committee ? committee->mark() : job.root.mark(), "committee: " + s.committee->lacks());
  if (!start.from) SamplerRegistry::instance().make(s.start_sampler, faults, s.context);
  else if (s.points) EarlierRun::open(start, *start_at, "start", s.points->space(), job.root, faults);
  if (const Config* baseline = job.root.find("baseline")) {
    s.baseline = baseline->text();
    try {
      read_baseline(*s.baseline, s.options.classes);
    } catch (const UserError& e) {
      faults.add(baseline->mark(), std::string("baseline: ") + e.what());
    }
  }
  s.job = job.root;
  if (!s.points || faults.size() != before) return {};

  const ParameterSpace& space = s.points->space();
  const Allowed allowed = read_allowed(job.root, space, faults);
  try {
    if (query.pool) s.candidates = pool_candidates(dim, read_pool(*query.pool, space));
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
  return {committee, candidates, std::make_shared<BlobDirectory>(directory), points->dim(), score, options.classes};
}

std::unique_ptr<Learner> LearnSetup::make_learner() const {
  Learner::Parts parts;
  parts.context = context;
  parts.committee_parts = committee->parts();
  parts.identity = identity;
  parts.target = [t = *target](const Outcome& o) { return t.value(o.status, o.values); };
  Faults none;
  if (!start_from.from) parts.start = SamplerRegistry::instance().make(start_sampler, none, context);
  else parts.given = read_start();
  if (baseline) parts.baseline = read_baseline(*baseline, options.classes);
  parts.candidates = candidates;
  parts.blobs = std::make_shared<BlobDirectory>(directory);
  return std::make_unique<Learner>(options, std::move(parts));
}

PackedPoints LearnSetup::read_start() const {
  Faults faults;
  const auto run = EarlierRun::open(start_from, Config::map({}), "start", points->space(), job, faults);
  faults.throw_if_any("start");
  std::vector<std::string> names;
  for (const Column& c : points->columns()) names.push_back(c.name);
  const EarlierRun::Rows rows = run->rows(names);
  const std::size_t dim = points->dim();
  PackedPoints given;
  std::vector<double> row(names.size());
  for (std::size_t i = 0; i < rows.ids.size(); ++i) {
    for (std::size_t c = 0; c < names.size(); ++c) row[c] = rows.columns[c][i];
    const auto y = target->value(rows.status[i], row);
    if (!y) continue;
    given.x.insert(given.x.end(), rows.u.begin() + static_cast<std::ptrdiff_t>(i * dim), rows.u.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim));
    given.y.push_back(*y);
  }
  VALIDATE(given.y.size() > 1, "start: none of the {} points of {} has a value of the target '{}' (are its columns those of this job?)", rows.ids.size(), run->directory(), target->text());
  return given;
}

}  // namespace umbra
