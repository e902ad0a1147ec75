#include "src/statistics/toy_tasks.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "src/base/error.h"

namespace umbra {

namespace {

std::size_t column(std::string_view name) {
  const std::vector<Column>& all = toy_table_columns();
  const auto found = std::find_if(all.begin(), all.end(), [name](const Column& c) { return c.name == name; });
  EXPECT(found != all.end());
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

Payload pack(const ToyRequest& r) {
  std::vector<double> numbers = {static_cast<double>(r.side), r.generated, static_cast<double>(r.first), static_cast<double>(r.count)};
  numbers.insert(numbers.end(), r.tested.begin(), r.tested.end());
  return pack(std::span<const double>(numbers));
}

ToyRequest unpack_toys(const Payload& payload) {
  const std::span<const double> n = doubles(payload);
  EXPECT(n.size() >= 5);
  return {static_cast<ToySide>(static_cast<int>(n[0])),
          n[1],
          static_cast<std::uint64_t>(n[2]),
          static_cast<std::uint64_t>(n[3]),
          {n.begin() + 4, n.end()}};
}

const std::vector<Column>& toy_table_columns() {
  static const std::vector<Column> columns = [] {
    std::vector<Column> all = {{"hypothesis", "", "\\mu_{gen}", Role::parameter}, {"side", "", "", Role::bookkeeping}};
    all.insert(all.end(), toy_columns().begin(), toy_columns().end());
    return all;
  }();
  return columns;
}

std::vector<double> toy_values(std::span<const double> rows) {
  static const std::size_t columns = toy_table_columns().size(), statistic = column("statistic"), status = column("status");
  std::vector<double> values;
  values.reserve(rows.size() / columns);
  for (std::size_t at = 0; at < rows.size(); at += columns)
    values.push_back(resolved(static_cast<FitStatus>(static_cast<int>(rows[at + status]))) ? rows[at + statistic] : std::numeric_limits<double>::quiet_NaN());
  return values;
}

std::vector<double> unresolved_rows(const ToyRequest& request, std::uint64_t toy, FitStatus status) {
  std::vector<double> rows;
  for (const double tested : request.tested) {
    std::vector<double> row(toy_table_columns().size(), std::numeric_limits<double>::quiet_NaN());
    row[column("hypothesis")] = request.generated;
    row[column("side")] = static_cast<double>(request.side);
    row[column("toy")] = static_cast<double>(toy);
    row[column("tested")] = tested;
    row[column("status")] = static_cast<double>(status);
    row[column("log_weight")] = 0.0;
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

ToyTasks::ToyTasks(std::unique_ptr<ToyModel> model, std::unique_ptr<TestStatistic> statistic, std::uint64_t seed)
    : model_(std::move(model)), statistic_(std::move(statistic)), seed_(seed) {}

void ToyTasks::run(const Task& task, Outcome& outcome) {
  const ToyRequest request = unpack_toys(task.payload);
  auto found = parameters_.find(request.generated);
  if (found == parameters_.end()) found = parameters_.emplace(request.generated, conditional_parameters(*model_, request.generated)).first;
  // The bits of the signal strength name the hypothesis, so that a list of them may grow; the last one tells the side.
  const std::uint64_t id = (std::bit_cast<std::uint64_t>(request.generated) & ~std::uint64_t{1}) | static_cast<std::uint64_t>(request.side);
  const ToyBlock block = run_block(*model_, *statistic_, {id, found->second, request.tested, {}}, seed_, request.first, request.count);
  outcome.rows.clear();
  outcome.rows.reserve(block.rows.size() * toy_table_columns().size());
  for (const ToyRow& r : block.rows)
    outcome.rows.insert(outcome.rows.end(),
                        {request.generated, static_cast<double>(request.side), static_cast<double>(r.toy), r.tested, r.statistic, r.poi_hat,
                         r.free_nll, r.fixed_nll, static_cast<double>(r.status), r.distance, r.gradient, r.log_weight});
  outcome.values = toy_values(outcome.rows);
  ENSURE(outcome.rows.size() == block.rows.size() * toy_table_columns().size());
}

}  // namespace umbra
