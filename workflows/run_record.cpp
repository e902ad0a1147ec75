#include "workflows/run_record.h"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "io/checkpoint.h"
#include "io/file.h"
#include "io/yaml.h"
#include "src/base/error.h"
#include "workflows/build_info.h"

namespace umbra {
namespace {

constexpr double status_interval_s = 1.0;
constexpr double judgement_interval_s = 0.02;
constexpr std::int32_t deaths_allowed = 2;
constexpr std::int32_t allocations_allowed = 2;
// What was in flight at a kill is given out first thing in the next start, and may kill at once: its start is on disk before.
constexpr double careful_s = 5.0;
constexpr double retry_s = 1.0;
constexpr double hurry_interval_s = 0.05;
constexpr double first_drain_s = 5.0;
constexpr std::size_t drain_bytes = std::size_t{128} << 20;
constexpr std::size_t most_buffered_bytes = 2 * drain_bytes;  ///< on this rank; others have about as many

template <class Archive>
void transfer(Archive& a, Outcome& o) {
  std::string blob(reinterpret_cast<const char*>(o.blob.data()), o.blob.size());
  a & o.kind & o.id & o.status & o.phase & o.rank & o.start & o.duration & o.message & o.values & blob;
  o.blob.assign(reinterpret_cast<const std::byte*>(blob.data()), reinterpret_cast<const std::byte*>(blob.data()) + blob.size());
}

constexpr const char* cause_name(StopCause c) {
  constexpr const char* names[] = {"", "signal", "deadline", "trouble"};
  return names[static_cast<int>(c)];
}

std::vector<std::string> hosts_of(const Executor& executor) {
  std::vector<std::string> hosts;
  for (int r = 0; r < executor.ranks(); ++r) hosts.push_back(executor.host(r));
  return hosts;
}

}  // namespace

RunRecord::RunRecord(const Parts& parts, bool quiet)
    : parts_(parts), directory_(parts.job.output.directory), journal_(directory_, parts.store.report().generation, hosts_of(parts.executor)), printer_(quiet), log_(directory_) {
  parts_.committed = [this](std::uint64_t generation) { journal_.discard(generation); };
  resume();
  begin_session();
  parts_.executor.listen([this](const Outcome& outcome) { journal_.outcome(outcome); });
  parts_.store.set_attributes(attributes());
  advice_ = judge();
  if (advice_ != Advice::go_on) note_trouble();
  next_drain_ = parts_.executor.now() + std::min(parts_.job.output.save_every.value, first_drain_s);
}

void RunRecord::resume() {
  if (auto earlier = read_sessions(directory_)) sessions_ = std::move(*earlier);
  else log_.warn("sessions.json cannot be understood: the list of starts begins anew");
  try {
    if (const auto state = read_checkpoint(directory_, parts_.store.report().generation)) load_state(*state);
  } catch (const boost::archive::archive_exception& e) {
    throw UserError(fmt::format("{}/checkpoint is damaged or empty ({}): the campaign cannot go on without it; restore it from a copy, or start anew in another directory", directory_, e.what()));
  }
  parts_.store.check_rows(claims_);
  std::map<std::pair<TaskKind, TaskId>, Start> unfinished;
  Journal::Visitor visitor;
  visitor.start = [&](const Start& start) { unfinished[{start.kind, start.id}] = start; };
  visitor.outcome = [&](Outcome&& outcome, const std::string& host, bool lost_rows) {
    unfinished.erase({outcome.kind, outcome.id});
    if (lost_rows) return;  // made again, bit for bit
    if (known_.count({outcome.kind, outcome.id})) return;
    ++outcomes_before_;
    parts_.store.recover(outcome, host);
    count(claims_, outcome);
    known_.emplace(std::pair(outcome.kind, outcome.id), std::move(outcome));
  };
  journal_.replay(visitor);
  suspect(unfinished);
}

void RunRecord::begin_session() {
  // A campaign that Slurm starts again and again without a new row must end some day.
  const char* restarts = std::getenv("SLURM_RESTART_COUNT");
  const std::size_t n = sessions_.size();
  const bool twice_in_vain = n >= 2 && sessions_[n - 1].outcomes_before == outcomes_before_ && sessions_[n - 2].outcomes_before == outcomes_before_;
  VALIDATE(!(restarts && std::atoi(restarts) >= 2 && twice_in_vain),
           "the last two allocations finished no task: give the job more time (--time), or a model time-out; `umbra check` says how long a point takes");
  if (n > 0 && sessions_.back().end == 0.0) careful_until_ = parts_.executor.now() + careful_s;
  sessions_.push_back({.start = parts_.executor.now(), .ranks = parts_.executor.ranks(), .hosts = hosts_of(parts_.executor), .outcomes_before = outcomes_before_, .stopped_by = ""});
  write_sessions();
  log_.say(fmt::format("start {} on {} ranks, umbra {}; {} tasks were finished before", sessions_.size(), parts_.executor.ranks(), version(), outcomes_before_));
}

void RunRecord::write_sessions() {
  next_sessions_ = parts_.executor.now() + retry_s;
  try {
    umbra::write_sessions(directory_, sessions_);
    sessions_trouble_ = {};
  } catch (const FileError& e) {
    sessions_trouble_ = {e.no_space() ? Trouble::Kind::no_space : Trouble::Kind::broken, e.what()};
  }
}

std::optional<Outcome> RunRecord::known(TaskKind kind, TaskId id) {
  if (known_.empty()) return {};
  auto node = known_.extract(std::pair(kind, id));
  if (node.empty()) return {};
  return std::move(node.mapped());
}

void RunRecord::started(std::span<Task> tasks) {
  const double now = parts_.executor.now();
  starts_.clear();
  for (Task& t : tasks) {
    Start& start = starts_.emplace_back(Start{.kind = t.kind, .id = t.id, .time = now});
    if (suspects_.empty()) continue;
    if (const auto s = suspects_.find({t.kind, t.id}); s != suspects_.end()) {
      start.deaths = s->second.deaths;
      start.allocations = s->second.allocations;
      if (s->second.deaths >= deaths_allowed) t.care = Care::isolated;
      if (s->second.allocations >= allocations_allowed) t.care = Care::given_up;
    }
  }
  journal_.start(starts_);
  if (now < careful_until_) journal_.write();
}

// A task in flight at a kill may have caused it; one that ran through most of an allocation may never end. An allocation is what ended at a deadline: a
// start that a user stopped says nothing of its tasks.
void RunRecord::suspect(const std::map<std::pair<TaskKind, TaskId>, Start>& unfinished) {
  if (sessions_.empty()) return;
  const Session& last = sessions_.back();
  const bool in_good_order = last.end > 0.0;
  const bool allocation = in_good_order && last.stopped_by == cause_name(StopCause::deadline);
  for (const auto& [key, start] : unfinished) {
    Suspicion& s = suspects_[key];
    s.deaths = std::max(s.deaths, start.deaths + (in_good_order ? 0 : 1));
    const bool most_of_it = start.time > 0.0 && last.end - start.time > 0.5 * (last.end - last.start);
    s.allocations = std::max(s.allocations, start.allocations + (allocation && most_of_it ? 1 : 0));
  }
}

void RunRecord::finished(const Outcome& outcome) {
  journal_.outcome(outcome);
  count(claims_, outcome);
  if (!suspects_.empty()) suspects_.erase({outcome.kind, outcome.id});
  ++outcomes_;
}

void RunRecord::tick() {
  const double now = parts_.executor.now();
  if (now >= next_status_) {
    const double span = now - rate_time_;
    if (rate_time_ > 0.0 && span > 0.0) {
      const double latest = static_cast<double>(outcomes_ - rate_outcomes_) / span;
      rate_ = rate_ == 0.0 ? latest : 0.7 * rate_ + 0.3 * latest;
    }
    rate_time_ = now;
    rate_outcomes_ = outcomes_;
    next_status_ = now + status_interval_s;
    show_progress("running", false);
  }
  if (now < next_judgement_) return;
  next_judgement_ = now + judgement_interval_s;
  if (sessions_trouble_ && now >= next_sessions_) write_sessions();
  const Advice advice = judge();
  if (std::exchange(advice_, advice) != advice) note_trouble();
  const bool idle = parts_.service.finished() >= drain_command_;
  if (idle) longest_drain_s_ = std::max(longest_drain_s_, parts_.store.report().drain_s);
  const bool due = now >= next_drain_ || parts_.store.buffered_bytes() > drain_bytes;
  // Where the last drain met a full disk its rows are still to be written, also when nothing new comes while the campaign waits.
  const bool again = idle && parts_.store.report().trouble.kind == Trouble::Kind::no_space && now >= last_drain_ + retry_s;
  if ((idle && due && outcomes_ > drained_outcomes_) || again) drain();
}

void RunRecord::note_trouble() {
  advice_ == Advice::go_on ? log_.say("the trouble is over") : log_.warn(trouble());
  if (advice_ == Advice::stop) stopped_by_ = trouble();
}

Advice RunRecord::judge() const {
  const Trouble journal = journal_.trouble();
  const Trouble store = parts_.store.report().trouble;
  if (!journal && !store && !sessions_trouble_) return Advice::go_on;
  for (const Trouble& t : {journal, store, sessions_trouble_})
    if (t.kind == Trouble::Kind::broken) return Advice::stop;
  return parts_.job.output.full_disk == "wait" ? Advice::wait : Advice::stop;
}

std::string RunRecord::trouble() const {
  if (const Trouble journal = journal_.trouble()) return journal.message;
  return sessions_trouble_ ? sessions_trouble_.message : parts_.store.report().trouble.message;
}

// A disk that is slower than the ranks must not fill their memory: what is made while a drain goes on waits in it.
bool RunRecord::behind() const { return parts_.store.buffered_bytes() > most_buffered_bytes; }

void RunRecord::drain() {
  const std::uint64_t generation = journal_.number();
  log_.say(fmt::format("drain {}: {} tasks finished in this start", generation, outcomes_));
  std::vector<Start> in_flight;
  for (const Executor::InFlight& f : parts_.executor.in_flight()) {
    const auto s = suspects_.find({f.kind, f.id});
    const Suspicion known = s == suspects_.end() ? Suspicion{} : s->second;
    in_flight.push_back({.kind = f.kind, .id = f.id, .rank = f.rank, .deaths = known.deaths, .allocations = known.allocations, .time = f.start});
  }
  parts_.executor.waiting([&](std::span<const Outcome> waiting) {
    journal_.rotate(in_flight);
    for (const Outcome& o : waiting) journal_.outcome(o);  // noted in the old journal, which goes with its segment, where they are not
  });
  parts_.store.set_attributes(attributes());
  drain_command_ = parts_.service.issue(parts_.store.drain(generation, parts_.executor.collected(), save_state(), claims_));
  drained_outcomes_ = outcomes_;
  last_drain_ = parts_.executor.now();
  next_drain_ = parts_.executor.now() + parts_.job.output.save_every.value;
}

bool RunRecord::close(Ending ending, StopCause cause) {
  sessions_.back().end = parts_.executor.now();
  const ExecutorStatistics s = parts_.executor.statistics();
  sessions_.back().busy_s = s.busy_s;
  sessions_.back().span_s = s.last_dispatch - s.first_dispatch;
  sessions_.back().stopped_by = ending == Ending::interrupted ? cause_name(cause) : "";
  write_sessions();
  if (!written()) {
    journal_.flush();
    return false;
  }
  const bool nothing_new = outcomes_ == drained_outcomes_ && outcomes_before_ == 0 && parts_.store.report().generation > 0 && ending != Ending::complete && !parts_.store.report().trouble;
  if (!nothing_new && !must_leave_hard()) {
    drain();
    written();
  }
  journal_.flush();
  return !abandoned_ && sessions_trouble_.kind != Trouble::Kind::no_space && !parts_.store.report().trouble && !parts_.service.error();
}

bool RunRecord::merge(std::vector<Group> groups) {
  const std::map<std::string, TaskId> ends = {{parts_.ledger.kind() == TaskKind::toys ? "toys" : "points", parts_.ledger.end()}};
  parts_.store.check_rows(claims_);
  parts_.service.issue(parts_.store.merge(ends, std::move(groups)));
  return written() && !parts_.store.report().trouble && !parts_.service.error();
}

// Waits until all that was issued is done, unless somebody is in a hurry.
bool RunRecord::written() {
  while (!abandoned_ && !parts_.service.wait_for(hurry_interval_s)) abandoned_ = parts_.at_once && parts_.at_once();
  return !abandoned_;
}

bool RunRecord::must_leave_hard() const { return parts_.store.report().trouble.kind == Trouble::Kind::broken || parts_.service.error().has_value(); }

double RunRecord::busy_share() const {
  double busy = 0.0, span = 0.0;
  for (const Session& s : sessions_) {
    busy += s.busy_s;
    span += s.span_s * s.ranks;
  }
  return span > 0.0 ? busy / span : 1.0;
}

void RunRecord::show_progress(const std::string& state, bool last) {
  const ProgressState p = progress(state);
  const double now = parts_.executor.now();
  try {
    show_file(directory_ + "/status.json", status_json(p, now));
  } catch (const FileError&) {
    // Progress may be lost where the disk is full; results may not, and the journal says so by itself.
  }
  printer_.show(p, now, last);
}

void RunRecord::fail(const std::string& message) noexcept {
  try {
    failure_ = message;
    show_progress("failed", true);
    log_.say("failed: " + message);
  } catch (...) {
    // The message goes to the terminal in any case.
  }
}

ProgressState RunRecord::progress(const std::string& state) const {
  ProgressState p;
  p.name = parts_.job.name;
  p.state = state;
  p.done = parts_.ledger.count();
  if (parts_.ledger.end() != Sampler::no_end) p.total = parts_.ledger.total();
  p.failures = parts_.ledger.failures();
  p.best = parts_.ledger.best().log_likelihood;
  p.rate = rate_;
  if (parts_.progress) p.numbers = parts_.progress(parts_.sampler);
  const ExecutorStatistics s = parts_.executor.statistics();
  p.busy_share = s.busy_share(parts_.executor.ranks());
  p.elapsed_s = parts_.executor.now() - sessions_.back().start;
  p.ranks = parts_.executor.ranks();
  if (const Advice a = advice_; a != Advice::go_on) p.note = (a == Advice::wait ? "waiting: " : "stopping: ") + trouble();
  if (!failure_.empty()) p.note = failure_;
  return p;
}

Attributes RunRecord::attributes() const {
  return {{"program", std::string("umbra")},
          {"version", version()},
          {"build", build_info()},
          {"cpu_features", cpu_features()},
          {"name", parts_.job.name},
          {"job_file", std::filesystem::absolute(parts_.job.file).string()},
          {"seed", static_cast<std::int64_t>(parts_.job.seed)},
          {"job", write_yaml(parts_.job.root)},
          {"sessions", sessions_line(sessions_)}};
}

std::string RunRecord::save_state() const {
  std::ostringstream sampler, ledger, all;
  parts_.sampler.save(sampler);
  parts_.ledger.save(ledger);
  boost::archive::binary_oarchive archive(all, boost::archive::no_header);
  const std::string sampler_state = sampler.str(), ledger_state = ledger.str();
  const std::size_t known = known_.size();
  const std::uint64_t outcomes = outcomes_before_ + outcomes_;
  archive << sampler_state << ledger_state << outcomes << known;
  for (const auto& [key, outcome] : known_) {
    Outcome copy = outcome;
    transfer(archive, copy);
  }
  const std::size_t suspects = suspects_.size();
  archive << suspects;
  for (const auto& [key, s] : suspects_) archive << key.first << key.second << s.deaths << s.allocations;
  for (const Claim& c : claims_) archive << c.outcomes << c.row_numbers;
  return all.str();
}

void RunRecord::load_state(const std::string& state) {
  std::istringstream all(state);
  boost::archive::binary_iarchive archive(all, boost::archive::no_header);
  std::string sampler_state, ledger_state;
  std::size_t known = 0;
  archive >> sampler_state >> ledger_state >> outcomes_before_ >> known;
  for (std::size_t i = 0; i < known; ++i) {
    Outcome o;
    transfer(archive, o);
    known_.emplace(std::pair(o.kind, o.id), std::move(o));
  }
  std::size_t suspects = 0;
  archive >> suspects;
  for (std::size_t i = 0; i < suspects; ++i) {
    std::pair<TaskKind, TaskId> key;
    Suspicion s;
    archive >> key.first >> key.second >> s.deaths >> s.allocations;
    suspects_.emplace(key, s);
  }
  for (Claim& c : claims_) archive >> c.outcomes >> c.row_numbers;
  std::istringstream sampler(sampler_state), ledger(ledger_state);
  parts_.sampler.load(sampler);
  parts_.ledger.end_at(parts_.sampler.end());  // what waits beyond it stays there
  parts_.ledger.load(ledger);
}

}  // namespace umbra
