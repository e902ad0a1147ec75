#include "workflows/ledger.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <span>
#include <sstream>

#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

std::vector<Outcome> outcomes(std::size_t n, double failing) {
  std::vector<Outcome> all;
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream s(3, Purpose::test, i);
    Outcome o;
    o.id = i;
    if (s.uniform() < failing) {
      o.status = s.uniform() < 0.5 ? Status::timeout : Status::unphysical;
      o.message = "message of " + std::to_string(i);
    }
    o.values = {s.uniform(), std::floor(10 * s.uniform())};  // many equal likelihoods
    all.push_back(o);
  }
  return all;
}

Ledger account(std::vector<Outcome> all, const LedgerRules& rules, unsigned shuffle) {
  std::mt19937 generator(shuffle);
  if (shuffle) std::shuffle(all.begin(), all.end(), generator);
  Ledger ledger(rules);
  for (const Outcome& o : all) ledger.take(o);
  return ledger;
}

std::vector<TaskId> ids(std::span<const Ledger::Best> points) {
  std::vector<TaskId> all;
  for (const Ledger::Best& b : points) all.push_back(b.id);
  return all;
}

Outcome point(TaskId id, double u, double log_likelihood) {
  Outcome o;
  o.id = id;
  o.values = {u, log_likelihood};
  return o;
}

}  // namespace

TEST_CASE("the best points are places that lie apart") {
  Ledger ledger({.evaluations = 1000, .dim = 1, .periodic = {true}});
  TaskId id = 0;
  ledger.take(point(id++, 0.30, -3.0));
  ledger.take(point(id++, 0.33, -3.5));  // near a better one
  ledger.take(point(id++, 0.40, -4.0));
  ledger.take(point(id++, 0.32, -2.0));  // takes the place of the first
  ledger.take(point(id++, 0.99, -1.0));
  ledger.take(point(id++, 0.02, -1.5));  // near across the seam
  ledger.take(point(id++, 0.60, -1.0));  // as good, elsewhere: behind
  CHECK(ids(ledger.best_points()) == std::vector<TaskId>{4, 6, 3, 2});
  // A swarm that has come together: ever so little better each time.
  for (int i = 1; i <= 100; ++i) ledger.take(point(id++, 0.99 + 1e-6 * i, -1.0 + 1e-12 * i));
  CHECK(ids(ledger.best_points()) == std::vector<TaskId>{id - 1, 6, 3, 2});
}

TEST_CASE("a likelihood of zero is the best while there is no better") {
  Ledger ledger({.evaluations = 10, .dim = 1});
  ledger.take(point(0, 0.5, -std::numeric_limits<double>::infinity()));
  CHECK_FALSE(ledger.best().values.empty());
  ledger.take(point(1, 0.5, -1e300));
  CHECK(ids(ledger.best_points()) == std::vector<TaskId>{1});
}

TEST_CASE("the ledger says the same in whatever order outcomes come") {
  const auto all = outcomes(500, 0.2);
  for (const TaskId evaluations : {500, 123}) {
    const LedgerRules rules{.evaluations = evaluations, .dim = 1};
    const Ledger straight = account(all, rules, 0);
    REQUIRE(straight.complete());
    REQUIRE(straight.best_points().size() == Ledger::num_best);
    for (unsigned shuffle = 1; shuffle < 20; ++shuffle) {
      const Ledger other = account(all, rules, shuffle);
      CHECK(other.settled() == evaluations);
      CHECK(other.statuses() == straight.statuses());
      CHECK(other.best().id == straight.best().id);
      CHECK(other.best().values == straight.best().values);
      CHECK(ids(other.best_points()) == ids(straight.best_points()));
      for (const auto& [status, example] : straight.examples()) CHECK(other.examples().at(status).id == example.id);
    }
  }
}

TEST_CASE("the failure budget is judged in id order, and unphysical points do not count") {
  const auto all = outcomes(2000, 0.7);  // .35 time-outs, .35 unphysical, .3 ok: more than half of ok + failed fail
  const LedgerRules rules{.evaluations = 2000, .failure_budget = 0.5, .budget_after = 100};
  const Ledger straight = account(all, rules, 0);
  REQUIRE(straight.over_budget());
  CHECK(straight.end() < 300);
  for (unsigned shuffle = 1; shuffle < 10; ++shuffle) CHECK(account(all, rules, shuffle).end() == straight.end());
  CHECK_FALSE(account(outcomes(2000, 0.3), rules, 0).over_budget());
}

TEST_CASE("a ledger goes on from its saved state, also with a later end") {
  const auto all = outcomes(400, 0.2);
  std::vector<Outcome> first(all.begin(), all.begin() + 250);
  first.erase(first.begin() + 200);  // a hole: ids 201.. wait
  Ledger before = account(first, {.evaluations = 220, .dim = 1}, 0);
  std::stringstream state;
  before.save(state);
  Ledger after(LedgerRules{.evaluations = 400, .dim = 1});
  after.load(state);
  CHECK(after.settled() == 200);
  after.take(all[200]);
  CHECK(after.settled() == 250);
  for (std::size_t i = 250; i < 400; ++i) after.take(all[i]);
  const Ledger straight = account(all, {.evaluations = 400, .dim = 1}, 0);
  CHECK(after.complete());
  CHECK(after.statuses() == straight.statuses());
  CHECK(ids(after.best_points()) == ids(straight.best_points()));
}

TEST_CASE("what comes after the end counts when the end is moved further away") {
  const auto all = outcomes(30, 0.0);
  Ledger before = account(all, {.evaluations = 20, .dim = 1}, 0);
  CHECK(before.settled() == 20);
  std::stringstream state;
  before.save(state);
  Ledger after(LedgerRules{.evaluations = 30, .dim = 1});
  after.load(state);
  CHECK(after.complete());
}

TEST_CASE("the ledger of a slice accounts for its own ids alone") {
  const auto all = outcomes(500, 0.2);
  std::uint64_t counted = 0;
  std::array<std::uint64_t, status_names.size()> statuses{};
  for (std::uint64_t index = 0; index < 3; ++index) {
    const Slice slice{index, 3};
    std::vector<Outcome> own;
    for (const Outcome& o : all)
      if (slice.has(o.id)) own.push_back(o);
    const Ledger straight = account(own, {.evaluations = 400, .slice = slice}, 0);
    CHECK(straight.complete());
    CHECK(straight.count() == slice.below(400));
    CHECK(straight.total() == straight.count());
    for (unsigned shuffle = 1; shuffle < 5; ++shuffle) CHECK(account(own, {.evaluations = 400, .slice = slice}, shuffle).statuses() == straight.statuses());
    own.erase(own.begin() + 5);  // one is missing: what comes after waits
    const Ledger waiting = account(own, {.evaluations = 400, .slice = slice}, 0);
    CHECK_FALSE(waiting.complete());
    CHECK(waiting.count() == 5);
    counted += straight.count();
    for (std::size_t s = 0; s < statuses.size(); ++s) statuses[s] += straight.statuses()[s];
  }
  const Ledger whole = account(all, {.evaluations = 400}, 0);
  CHECK(counted == whole.count());
  CHECK(statuses == whole.statuses());
}

TEST_CASE("a campaign that its failure budget has stopped stays stopped, until the budget is raised") {
  const auto all = outcomes(2000, 0.7);
  LedgerRules rules{.evaluations = 2000, .failure_budget = 0.5, .budget_after = 100};
  const Ledger before = account(all, rules, 0);
  REQUIRE(before.over_budget());
  std::stringstream state, again;
  before.save(state);
  before.save(again);
  Ledger after(rules);
  after.load(state);
  CHECK(after.complete());
  CHECK(after.over_budget());
  CHECK(after.end() == before.end());
  rules.failure_budget = 0.99;
  Ledger raised(rules);
  raised.load(again);
  CHECK_FALSE(raised.over_budget());
  CHECK(raised.settled() > before.end());
}
