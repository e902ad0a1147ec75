// What every registered model must hold.
#include "src/models/evaluator.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "src/models/pmssm/parameters.h"
#include "src/models/reference_problem.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

struct Setting {
  Config config;
  ModelContext context;
  std::vector<double> low, high;
};

// A place where a model can be evaluated: its reference problem, the box of the pMSSM, or three plain parameters.
Setting setting_of(const std::string& type) {
  Setting s;
  s.config.set("type", Config(type));
  for (const char* timed : {"sleep", "burn"})
    if (type == timed) s.config.set("mean", Config("1us"));
  if (type == "pmssm") {
    for (const auto& p : pmssm::parameter_names) {
      const std::string name = p.name;
      const bool soft_mass = name[0] == 'm' && name != "mu";
      s.context.parameters.push_back(name);
      s.low.push_back(name == "tanb" ? 1 : soft_mass || name == "M3" || name == "MA" ? 200 : -4000);
      s.high.push_back(name == "tanb" ? 60 : 4000);
    }
    return s;
  }
  const auto& problems = ReferenceProblems::instance().entries();
  const auto known = problems.find(type);
  const std::size_t dim = known == problems.end() ? 3 : std::max<std::size_t>(known->second.min_dim, 2);
  const ReferenceProblem box =
      known == problems.end() ? ReferenceProblem{.low = -1, .high = 1, .maxima = {}, .log_evidence = {}} : known->second.make(dim);
  for (std::size_t i = 0; i < dim; ++i) s.context.parameters.push_back("x" + std::to_string(i));
  s.low.assign(dim, box.low);
  s.high.assign(dim, box.high);
  return s;
}

// Models that run programs of the user have no default to run.
bool needs_a_user(const ModelRegistry::Entry& entry) {
  return std::any_of(entry.options.begin(), entry.options.end(), [](const OptionDoc& o) { return o.default_value == "required"; });
}

}  // namespace

TEST_CASE("every model has stable columns, repeats itself, and gives finite rows or a status") {
  for (const auto& [type, entry] : ModelRegistry::instance().entries()) {
    if (needs_a_user(entry)) continue;
    INFO("model " << type);
    const Setting s = setting_of(type);
    Faults faults;
    auto model = ModelRegistry::instance().make(s.config, faults, s.context);
    auto twin = ModelRegistry::instance().make(s.config, faults, s.context);
    INFO(faults.report("job"));
    REQUIRE(model);
    CHECK_FALSE(entry.summary.empty());

    const auto columns = model->columns();
    REQUIRE_FALSE(columns.empty());
    std::set<std::string> names;
    for (const Column& c : columns) {
      CHECK(names.insert(c.name).second);
      CHECK_FALSE(c.label.empty());
      CHECK((c.role == Role::observable || c.role == Role::likelihood));
    }

    int ok = 0;
    const int points = 500;
    std::vector<double> theta(s.low.size()), row(columns.size()), again(columns.size());
    for (int i = 0; i < points; ++i) {
      RandomStream box(5, Purpose::test, i);
      for (std::size_t k = 0; k < theta.size(); ++k) theta[k] = box.uniform(s.low[k], s.high[k]);
      std::fill(row.begin(), row.end(), NAN);
      std::fill(again.begin(), again.end(), NAN);
      RandomStream first(1, Purpose::evaluate, i), second(1, Purpose::evaluate, i);
      const Evaluation a = model->evaluate(theta, first, row);
      const Evaluation b = twin->evaluate(theta, second, again);
      REQUIRE(a.status == b.status);
      CHECK(a.message.empty() == (a.status == Status::ok));
      if (a.status != Status::ok) continue;
      ++ok;
      REQUIRE(row == again);
      for (std::size_t c = 0; c < row.size(); ++c) {
        INFO("column " << columns[c].name);
        REQUIRE(std::isfinite(row[c]));
      }
    }
    CHECK(ok > points / 2);
    CHECK(model->columns().size() == columns.size());
  }
}

TEST_CASE("a model without parameters to take says so") {
  for (const auto& [type, entry] : ModelRegistry::instance().entries()) {
    if (needs_a_user(entry)) continue;
    INFO("model " << type);
    Faults faults;
    CHECK_FALSE(ModelRegistry::instance().make(setting_of(type).config, faults, ModelContext{}));
    CHECK(faults.size() == 1);
  }
}
