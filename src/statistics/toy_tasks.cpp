#include "src/statistics/toy_tasks.h"

#include <bit>
#include <limits>
#include <utility>

#include "src/base/error.h"

namespace umbra {

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

ToyTasks::ToyTasks(std::unique_ptr<ToyModel> model, std::unique_ptr<TestStatistic> statistic, std::uint64_t seed)
    : model_(std::move(model)), statistic_(std::move(statistic)), seed_(seed) {}

void ToyTasks::run(const Task& task, Outcome& outcome) {
  const ToyRequest request = unpack_toys(task.payload);
  auto found = parameters_.find(request.generated);
  if (found == parameters_.end()) found = parameters_.emplace(request.generated, conditional_parameters(*model_, request.generated)).first;
  // The bits of the signal strength name the hypothesis, so that a list of them may grow; the last one tells the side.
  const std::uint64_t id = (std::bit_cast<std::uint64_t>(request.generated) & ~std::uint64_t{1}) | static_cast<std::uint64_t>(request.side);
  const ToyBlock block = run_block(*model_, *statistic_, {id, found->second, request.tested, {}}, seed_, request.first, request.count);
  outcome.values.clear();
  outcome.rows.clear();
  outcome.rows.reserve(block.rows.size() * toy_table_columns().size());
  for (const ToyRow& r : block.rows) {
    outcome.values.push_back(resolved(r.status) ? r.statistic : std::numeric_limits<double>::quiet_NaN());
    outcome.rows.insert(outcome.rows.end(),
                        {request.generated, static_cast<double>(request.side), static_cast<double>(r.toy), r.tested, r.statistic, r.poi_hat,
                         r.free_nll, r.fixed_nll, static_cast<double>(r.status), r.distance, r.gradient, r.log_weight});
  }
  ENSURE(outcome.rows.size() == block.rows.size() * toy_table_columns().size());
}

}  // namespace umbra
