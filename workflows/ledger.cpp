#include "workflows/ledger.h"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include <cmath>
#include <numeric>
#include <utility>

namespace umbra {
namespace {

constexpr std::size_t num_kept = 4 * Ledger::num_best;
constexpr unsigned char not_come = 255;

}  // namespace

void Ledger::take(const Outcome& outcome) {
  if (outcome.kind != rules_.kind || outcome.id < settled_) return;
  const bool has_likelihood = rules_.kind == TaskKind::point && outcome.status == Status::ok && !outcome.values.empty();
  const double log_likelihood = has_likelihood ? outcome.values.back() : std::numeric_limits<double>::quiet_NaN();
  if (outcome.id == settled_ && !complete()) {
    settle(outcome.status, outcome.message, log_likelihood, outcome.values);
    while (!complete() && !waiting_.empty() && waiting_.front() != not_come) settle_waiting();
    return;
  }
  const std::size_t at = rules_.slice.below(outcome.id) - rules_.slice.below(settled_);
  while (waiting_.size() <= at) waiting_.push_back(not_come);
  waiting_[at] = static_cast<unsigned char>(outcome.status);
  if (!outcome.message.empty() && !examples_.contains(outcome.status)) details_[outcome.id].message = outcome.message;
  if (has_likelihood && may_be_listed(log_likelihood)) {
    Detail& detail = details_[outcome.id];
    detail.log_likelihood = log_likelihood;
    detail.values = outcome.values;
  }
}

void Ledger::settle_waiting() {
  const auto status = static_cast<Status>(waiting_.front());
  const auto detail = details_.find(settled_);
  if (detail == details_.end()) return settle(status, {}, std::numeric_limits<double>::quiet_NaN(), {});
  settle(status, detail->second.message, detail->second.log_likelihood, detail->second.values);
  details_.erase(detail);
}

void Ledger::settle(Status status, const std::string& message, double log_likelihood, const std::vector<double>& values) {
  const TaskId id = std::exchange(settled_, rules_.slice.from(settled_ + 1));
  if (!waiting_.empty()) waiting_.pop_front();
  ++statuses_[static_cast<std::size_t>(status)];
  if (!message.empty() && !examples_.contains(status)) examples_.emplace(status, Example{id, message});
  if (!std::isnan(log_likelihood) && may_be_listed(log_likelihood)) list(id, log_likelihood, values);
  if (is_failure(status)) judge_budget();
}

void Ledger::judge_budget() {
  const std::uint64_t failed = failures();
  const std::uint64_t counted = failed + statuses_[static_cast<std::size_t>(Status::ok)];
  if (counted < rules_.budget_after || static_cast<double>(failed) <= rules_.failure_budget * static_cast<double>(counted)) return;
  over_budget_ = true;
  end_ = settled_;
}

void Ledger::list(TaskId id, double log_likelihood, const std::vector<double>& values) {
  // Behind all that are as good: those have smaller ids.
  const auto place = std::upper_bound(best_.begin(), best_.end(), log_likelihood, [](double l, const Best& b) { return l > b.log_likelihood; });
  const auto near = [&](const Best& b) { return is_near(b.values, values); };
  if (std::any_of(best_.begin(), place, near)) return;
  const auto first_worse = place - best_.begin();
  best_.erase(std::remove_if(place, best_.end(), near), best_.end());
  best_.insert(best_.begin() + first_worse, {id, log_likelihood, values});
  if (best_.size() > num_kept) best_.pop_back();
  if (best_.size() == num_kept) threshold_ = std::fmax(threshold_, best_.back().log_likelihood);
}

bool Ledger::is_near(const std::vector<double>& a, const std::vector<double>& b) const {
  for (std::size_t d = 0; d < rules_.dim; ++d) {
    const double x = std::abs(a[d] - b[d]);
    if ((d < rules_.periodic.size() && rules_.periodic[d] ? std::min(x, 1.0 - x) : x) > apart) return false;
  }
  return true;
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
  std::vector<unsigned char> waiting;
  for (std::size_t i = 0; i < waiting_.size(); ++i) waiting.push_back(waiting_[i]);
  const std::size_t best = best_.size(), details = details_.size(), examples = examples_.size();
  archive << settled_ << statuses_ << threshold_ << waiting << best << details << examples;
  for (const Best& b : best_) archive << b.id << b.log_likelihood << b.values;
  for (const auto& [id, d] : details_) archive << id << d.message << d.log_likelihood << d.values;
  for (const auto& [status, e] : examples_) archive << status << e.id << e.message;
}

void Ledger::load(std::istream& in) {
  boost::archive::binary_iarchive archive(in, boost::archive::no_header);
  std::vector<unsigned char> waiting;
  std::size_t best = 0, details = 0, examples = 0;
  archive >> settled_ >> statuses_ >> threshold_ >> waiting >> best >> details >> examples;
  waiting_.clear();
  for (const unsigned char status : waiting) waiting_.push_back(status);
  best_.resize(best);
  for (Best& b : best_) archive >> b.id >> b.log_likelihood >> b.values;
  details_.clear();
  for (std::size_t i = 0; i < details; ++i) {
    TaskId id = 0;
    archive >> id;
    Detail& d = details_[id];
    archive >> d.message >> d.log_likelihood >> d.values;
  }
  examples_.clear();
  for (std::size_t i = 0; i < examples; ++i) {
    Status status{};
    Example e;
    archive >> status >> e.id >> e.message;
    examples_.emplace(status, std::move(e));
  }
  judge_budget();  // where it had stopped the campaign, and the job has not raised it, that stands
  while (!complete() && !waiting_.empty() && waiting_.front() != not_come) settle_waiting();  // the end has been moved further away
}

}  // namespace umbra
