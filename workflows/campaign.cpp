#include "workflows/campaign.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/error.h"

namespace umbra {
namespace {

constexpr double patience_s = 2e-3;
constexpr double surplus_wait_s = 1.0;
constexpr std::size_t durations_kept = 1000;
constexpr double look_at_deadline_every_s = 0.1;

constexpr double rounding = 1e-9;  // between CPUs

// A point belongs to the u that it was evaluated at, not to its number.
void check_same_place(const Task& task, const Outcome& known) {
  if (task.kind != TaskKind::point) return;
  const auto u = doubles(task.payload);
  VALIDATE(known.values.size() < u.size() || std::equal(u.begin(), u.end(), known.values.begin(), [](double a, double b) { return std::abs(a - b) <= rounding; }),
           "point {} of the run directory lies elsewhere than this job puts it (it was made with other options, or by another version of umbra): give the job "
           "another output: {{directory: ...}}, or start it anew with --fresh",
           task.id);
}

}  // namespace

Ending Campaign::run(const StopRequest& stop) {
  const Ending ending = loop(stop);
  if (ending == Ending::complete || ending == Ending::over_budget) take_surplus(stop);
  executor_.stop();
  take(0.0);  // what was finished meanwhile
  return ending == Ending::interrupted && ledger_.complete() ? Ending::complete : ending;
}

// What is in flight beyond the end is worth a short wait: it serves when the campaign is extended.
void Campaign::take_surplus(const StopRequest& stop) {
  const double until = std::min(executor_.now() + surplus_wait_s, stop.deadline);
  while (executor_.in_flight_count() > 0 && executor_.now() < until && !(stop.signal && stop.signal->load() > 0)) take(patience_s);
}

void Campaign::take(double patience) {
  finished_.clear();
  executor_.collect(finished_, patience);
  for (const Outcome& o : finished_) {
    accept(o);
    recorder_.finished(o);
  }
}

Ending Campaign::loop(const StopRequest& stop) {
  ledger_.end_at(sampler_.end());
  double grace_ends = 0.0;
  while (!ledger_.complete()) {
    if (cause_ == StopCause::none && (cause_ = must_stop(stop)) != StopCause::none) {
      const bool hurried = stop.hurry && stop.hurry->load();
      grace_ends = cause_ == StopCause::deadline ? last_moment(stop) : std::min(last_moment(stop), executor_.now() + (hurried ? stop.hurried_grace_s : stop.grace_s));
    }
    const bool stopping = cause_ != StopCause::none;
    const bool waiting = recorder_.advice() == Advice::wait || recorder_.behind();
    const bool submitted = !stopping && !waiting && submit_ready();
    if (ledger_.complete()) break;
    if (executor_.in_flight_count() == 0 && !submitted && !waiting) return stopping ? Ending::interrupted : Ending::exhausted;
    if (stopping && (executor_.now() >= grace_ends || (stop.signal && stop.signal->load() > 1))) return Ending::interrupted;

    take(patience_s);
    recorder_.tick();
  }
  return ledger_.over_budget() ? Ending::over_budget : Ending::complete;
}

bool Campaign::submit_ready() {
  bool submitted = false;
  while (!asked_in_vain_ && !ledger_.complete()) {
    const std::size_t room = executor_.room();
    if (room == 0) break;
    std::vector<Task> tasks = sampler_.ask(room);
    bool useful = false;
    std::vector<Task> to_run;
    to_run.reserve(tasks.size());
    for (Task& t : tasks) {
      if (t.kind == ledger_.kind() && t.id >= ledger_.end()) continue;  // asked again when the campaign is extended
      useful = true;
      if (auto outcome = recorder_.known(t.kind, t.id)) {
        check_same_place(t, *outcome);
        accept(*outcome);
      } else {
        to_run.push_back(std::move(t));
      }
    }
    asked_in_vain_ = !useful;
    if (to_run.empty()) continue;
    recorder_.started(to_run);
    executor_.submit(std::move(to_run));
    submitted = true;
  }
  return submitted;
}

void Campaign::accept(const Outcome& outcome) {
  sampler_.tell(outcome);
  ledger_.end_at(sampler_.end());
  ledger_.take(outcome);
  asked_in_vain_ = false;
  if (recent_durations_.size() == durations_kept) recent_durations_[outcome.id % durations_kept] = outcome.duration;
  else recent_durations_.push_back(outcome.duration);
}

StopCause Campaign::must_stop(const StopRequest& stop) {
  if (stop.signal && stop.signal->load() > 0) return StopCause::signal;
  if (recorder_.advice() == Advice::stop) return StopCause::trouble;
  if (stop.deadline == std::numeric_limits<double>::infinity()) return StopCause::none;
  const double left = last_moment(stop) - executor_.now();
  if (left <= 0.0) return StopCause::deadline;
  if (recent_durations_.empty() || executor_.now() < next_look_at_deadline_) return StopCause::none;
  next_look_at_deadline_ = executor_.now() + look_at_deadline_every_s;
  // Stop handing out when a task begun now would hardly end in time. One that is given up wastes no more than an idle rank: chances of one in ten are taken.
  auto short_one = recent_durations_.begin() + static_cast<std::ptrdiff_t>(recent_durations_.size() / 10);
  std::nth_element(recent_durations_.begin(), short_one, recent_durations_.end());
  return *short_one > left ? StopCause::deadline : StopCause::none;
}

}  // namespace umbra
