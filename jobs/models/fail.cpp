// A model that fails at random, but always the same way for the same point.

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "jobs/models/wrapper.h"

namespace umbra {
namespace {

struct FailOptions {
  Config shares = Config::map({{"signal", Config("0.05"), {}}, {"unphysical", Config("0.05"), {}}});
  Config inner;
};

class Fail : public Evaluator {
 public:
  using Options = FailOptions;
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("shares", &Options::shares,
             "share of the points for each way to fail: a status, or throw, nan, infinite; {signal: 0.05, unphysical: 0.05} unless stated")
        .add("inner", &Options::inner, "the model that gives the columns; a normal likelihood unless stated");
  }

  struct Way {
    double up_to;  // cumulated share
    enum { status, exception, nan, infinite } kind;
    Status result;
  };

  Fail(std::vector<Way> ways, std::unique_ptr<Evaluator> inner) : ways_(std::move(ways)), inner_(std::move(inner)) {}

  const std::vector<Column>& columns() const override { return inner_->columns(); }
  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override {
    const double u = stream.uniform();
    for (const Way& way : ways_) {
      if (u >= way.up_to) continue;
      if (way.kind == Way::exception) throw std::runtime_error("the model was asked to throw here");
      if (way.kind == Way::status) return {way.result, fmt::format("the model was asked to end as {} here", name(way.result))};
      const Evaluation evaluation = inner_->evaluate(theta, stream, row);
      std::fill(row.begin(), row.end(), way.kind == Way::nan ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity());
      return evaluation;
    }
    return inner_->evaluate(theta, stream, row);
  }

  static std::unique_ptr<Evaluator> make(const Config& config, Faults& faults, const ModelContext& context) {
    const std::size_t before = faults.size();
    const std::string where = "model fail";
    const FailOptions options = Fail::options().read(config, faults, where);
    auto ways = read_ways(options.shares, faults, where + ": shares");
    auto inner = make_inner(config, faults, context);
    if (faults.size() != before) return nullptr;
    return std::make_unique<Fail>(std::move(ways), std::move(inner));
  }

 private:
  static std::vector<Way> read_ways(const Config& shares, Faults& faults, const std::string& where) {
    std::vector<std::string> known = {"throw", "nan", "infinite"};
    for (const std::string_view s : status_names)
      if (s != "ok") known.emplace_back(s);
    if (!shares.is_map()) faults.add(shares.mark(), where + ": expected a map of ways to fail and their shares, such as {signal: 0.1}");
    detail::check_keys(shares, known, where, faults);
    std::vector<Way> ways;
    double sum = 0.0;
    for (const auto& [key, value, mark] : shares.items()) {
      double share = 0.0;
      detail::read_option(value, share, between(0, 1), where + ": " + key, faults);
      sum += share;
      const auto found = std::find(status_names.begin(), status_names.end(), key);
      const bool is_status = found != status_names.end();
      ways.push_back({sum,
                      is_status        ? Way::status
                      : key == "throw" ? Way::exception
                      : key == "nan"   ? Way::nan
                                       : Way::infinite,
                      is_status ? static_cast<Status>(found - status_names.begin()) : Status::ok});
    }
    if (sum > 1) faults.add(shares.mark(), fmt::format("{}: they sum to {}, make that at most 1", where, sum));
    return ways;
  }

  std::vector<Way> ways_;
  std::unique_ptr<Evaluator> inner_;
};

[[maybe_unused]] const bool registered = ModelRegistry::instance().add(
    "fail", {"fails at given shares of the points, else evaluates an inner model (for tests)", "", Fail::options().describe(), Fail::make});

}  // namespace
}  // namespace umbra
