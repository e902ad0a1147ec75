#include "src/statistics/toy_tasks.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string_view>
#include <utility>

#include "src/base/error.h"

namespace umbra {

namespace {

std::size_t column(const std::vector<Column>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [name](const Column& c) { return c.name == name; });
  EXPECT(found != all.end());
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

Payload pack(const ToyRequest& r) {
  std::vector<double> numbers = {static_cast<double>(r.side),  static_cast<double>(r.hypothesis.member), r.hypothesis.poi,
                                 static_cast<double>(r.first), static_cast<double>(r.count),             static_cast<double>(r.tested.size())};
  for (const SignalPoint& point : r.tested) numbers.insert(numbers.end(), {static_cast<double>(point.member), point.poi});
  for (const ToyShare& origin : r.origins) numbers.insert(numbers.end(), {static_cast<double>(origin.at.member), origin.at.poi, origin.share});
  return pack(std::span<const double>(numbers));
}

ToyRequest unpack_toys(const Payload& payload) {
  const std::span<const double> n = doubles(payload);
  EXPECT(n.size() >= 8);
  const auto whole = [&n](std::size_t i) { return static_cast<std::uint64_t>(n[i]); };
  ToyRequest r{static_cast<ToySide>(whole(0)), {whole(1), n[2]}, whole(3), whole(4), {}, {}};
  const std::size_t tested_end = 6 + 2 * whole(5);
  for (std::size_t i = 6; i < tested_end; i += 2) r.tested.push_back({whole(i), n[i + 1]});
  for (std::size_t i = tested_end; i < n.size(); i += 3) r.origins.push_back({{whole(i), n[i + 1]}, n[i + 2]});
  return r;
}

std::vector<Column> toy_table_columns(const std::string& noun) {
  std::vector<Column> all = {{"hypothesis", "", "\\mu_{gen}", Role::parameter}, {"side", "", "", Role::bookkeeping}};
  if (!noun.empty()) all.push_back({noun, "", "", Role::parameter});
  all.insert(all.end(), toy_columns().begin(), toy_columns().end());
  return all;
}

std::vector<double> toy_values(std::span<const double> rows, const std::string& noun) {
  const std::vector<Column> names = toy_table_columns(noun);
  const std::size_t columns = names.size(), toy = column(names, "toy"), statistic = column(names, "statistic"), status = column(names, "status"),
                    weight = column(names, "log_weight");
  bool weighted = false;
  for (std::size_t at = 0; at < rows.size(); at += columns) weighted = weighted || rows[at + weight] != 0;
  std::vector<double> values;
  values.reserve(rows.size() / columns);
  for (std::size_t at = 0; at < rows.size(); at += columns) {
    const bool known = resolved(static_cast<FitStatus>(static_cast<int>(rows[at + status])));
    values.push_back(known ? rows[at + statistic] : std::numeric_limits<double>::quiet_NaN());
    if (weighted && (at + columns == rows.size() || rows[at + columns + toy] != rows[at + toy])) values.push_back(rows[at + weight]);
  }
  return values;
}

std::vector<double> unresolved_rows(const ToyRequest& request, std::uint64_t toy, FitStatus status, const std::string& noun) {
  const std::vector<Column> names = toy_table_columns(noun);
  std::vector<double> rows;
  for (const SignalPoint& tested : request.tested) {
    std::vector<double> row(names.size(), std::numeric_limits<double>::quiet_NaN());
    row[column(names, "hypothesis")] = request.hypothesis.poi;
    row[column(names, "side")] = static_cast<double>(request.side);
    if (!noun.empty()) row[column(names, noun)] = static_cast<double>(tested.member);
    row[column(names, "toy")] = static_cast<double>(toy);
    row[column(names, "tested")] = tested.poi;
    row[column(names, "status")] = static_cast<double>(status);
    row[column(names, "log_weight")] = 0.0;
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

ToyTasks::ToyTasks(ToyFamily family, std::unique_ptr<TestStatistic> statistic, std::uint64_t seed)
    : family_(std::move(family)), statistic_(std::move(statistic)), seed_(seed) {}

const std::vector<double>& ToyTasks::parameters(const SignalPoint& at) {
  auto found = parameters_.find({at.member, at.poi});
  if (found == parameters_.end())
    found = parameters_.emplace(std::pair(at.member, at.poi), conditional_parameters(family_.model(at.member), at.poi)).first;
  return found->second;
}

ToyMaker ToyTasks::maker(const ToyRequest& request) {
  std::vector<std::vector<double>> hypothesis(family_.size());
  const auto know = [&](std::size_t member) { hypothesis[member] = parameters({member, request.hypothesis.poi}); };
  know(request.hypothesis.member);
  for (const SignalPoint& point : request.tested) know(point.member);
  // The bits of the signal strength name the hypothesis, so that its toys are the same whatever else is tested; the last one tells the side. Toys
  // without a signal serve all members of a background.
  const auto stream = [&](const SignalPoint& at) {
    const std::uint64_t bits = (std::bit_cast<std::uint64_t>(at.poi) & ~std::uint64_t{1}) | static_cast<std::uint64_t>(request.side);
    return bits ^ (at.poi == 0 ? family_.background_stream(at.member) : family_.stream(at.member));
  };
  std::vector<ToyOrigin> origins;
  for (const ToyShare& origin : request.origins) {
    know(origin.at.member);
    origins.push_back({origin.at.member, parameters(origin.at), stream(origin.at), origin.share});
  }
  const std::uint64_t own = stream(request.hypothesis);
  if (origins.empty()) origins.push_back({request.hypothesis.member, parameters(request.hypothesis), own, 1.0});
  return {family_, std::move(hypothesis), std::move(origins), own};
}

void ToyTasks::run(const Task& task, Outcome& outcome) {
  const ToyRequest request = unpack_toys(task.payload);
  ToyMaker toys = maker(request);
  const ToyBlock block = run_block(family_, toys, *statistic_, request.tested, seed_, request.first, request.count);
  const std::size_t columns = toy_table_columns(family_.noun()).size();
  outcome.rows.clear();
  outcome.rows.reserve(block.rows.size() * columns);
  for (const ToyRow& r : block.rows) {
    outcome.rows.insert(outcome.rows.end(), {request.hypothesis.poi, static_cast<double>(request.side)});
    if (family_.size() > 1) outcome.rows.push_back(static_cast<double>(r.member));
    outcome.rows.insert(outcome.rows.end(), {static_cast<double>(r.toy), r.tested, r.statistic, r.poi_hat, r.free_nll, r.fixed_nll,
                                             static_cast<double>(r.status), r.distance, r.gradient, r.log_weight});
  }
  outcome.values = toy_values(outcome.rows, family_.noun());
  ENSURE(outcome.rows.size() == block.rows.size() * columns);
}

}  // namespace umbra
