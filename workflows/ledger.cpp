#include "workflows/ledger.h"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace umbra {

void Ledger::take(const Outcome& outcome) {
  if (outcome.kind != rules_.kind || outcome.id < settled_) return;
  Waiting w{outcome.status, -std::numeric_limits<double>::infinity(), outcome.message, {}};
  if (rules_.kind == TaskKind::point && outcome.status == Status::ok && !outcome.values.empty()) {
    w.log_likelihood = outcome.values.back();
    if (may_be_best(w.log_likelihood)) w.values = outcome.values;
  }
  if (outcome.id != settled_) {
    waiting_.emplace(outcome.id, std::move(w));
    return;
  }
  settle(outcome.id, w);
  for (auto next = waiting_.begin(); next != waiting_.end() && next->first == settled_ && !complete(); next = waiting_.erase(next))
    settle(next->first, next->second);
}

void Ledger::settle(TaskId id, Waiting& w) {
  if (complete()) return;
  settled_ = rules_.slice.from(settled_ + 1);
  ++statuses_[static_cast<std::size_t>(w.status)];
  if (!w.message.empty()) examples_.try_emplace(w.status, Example{id, std::move(w.message)});
  if (!w.values.empty() && may_be_best(w.log_likelihood)) {
    // Behind all that are as good: those have smaller ids.
    const auto place = std::upper_bound(best_.begin(), best_.end(), w.log_likelihood, [](double l, const Best& b) { return l > b.log_likelihood; });
    best_.insert(place, {id, w.log_likelihood, std::move(w.values)});
    if (best_.size() > num_best) best_.pop_back();
  }
  const std::uint64_t failed = failures();
  const std::uint64_t counted = failed + statuses_[static_cast<std::size_t>(Status::ok)];
  if (is_failure(w.status) && counted >= rules_.budget_after && static_cast<double>(failed) > rules_.failure_budget * static_cast<double>(counted)) {
    over_budget_ = true;
    end_ = settled_;
  }
}

// What is settled has smaller ids than what comes, which must therefore be better.
bool Ledger::may_be_best(double log_likelihood) const {
  for (const Best& b : best_)
    if (b.log_likelihood == log_likelihood) return false;  // a swarm that has come together would fill the list with one point
  return best_.size() < num_best || log_likelihood > best_.back().log_likelihood;
}

void Ledger::end_at(TaskId end) {
  if (end < end_) end_ = end;
}

std::uint64_t Ledger::count() const { return std::accumulate(statuses_.begin(), statuses_.end(), std::uint64_t{0}); }

std::uint64_t Ledger::failures() const {
  std::uint64_t sum = 0;
  for (std::size_t s = 0; s < statuses_.size(); ++s)
    if (is_failure(static_cast<Status>(s))) sum += statuses_[s];
  return sum;
}

void Ledger::save(std::ostream& out) const {
  boost::archive::binary_oarchive archive(out, boost::archive::no_header);
  const std::size_t best = best_.size();
  archive << settled_ << statuses_ << best;
  for (const Best& b : best_) archive << b.id << b.log_likelihood << b.values;
  const std::size_t waiting = waiting_.size(), examples = examples_.size();
  archive << waiting << examples;
  for (const auto& [id, w] : waiting_) archive << id << w.status << w.log_likelihood << w.message << w.values;
  for (const auto& [status, e] : examples_) archive << status << e.id << e.message;
}

void Ledger::load(std::istream& in) {
  boost::archive::binary_iarchive archive(in, boost::archive::no_header);
  std::size_t best = 0;
  archive >> settled_ >> statuses_ >> best;
  best_.resize(best);
  for (Best& b : best_) archive >> b.id >> b.log_likelihood >> b.values;
  std::size_t waiting = 0, examples = 0;
  archive >> waiting >> examples;
  waiting_.clear();
  examples_.clear();
  for (std::size_t i = 0; i < waiting; ++i) {
    TaskId id = 0;
    Waiting w{};
    archive >> id >> w.status >> w.log_likelihood >> w.message >> w.values;
    waiting_.emplace(id, std::move(w));
  }
  for (std::size_t i = 0; i < examples; ++i) {
    Status status{};
    Example e;
    archive >> status >> e.id >> e.message;
    examples_.emplace(status, std::move(e));
  }
  while (!waiting_.empty() && waiting_.begin()->first == settled_ && !complete()) {  // the end has been moved further away
    settle(settled_, waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

}  // namespace umbra
