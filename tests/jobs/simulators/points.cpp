// What becomes of a simulator's point in the table of a job: names of columns, and steps that were not run.
#include "src/models/point.h"
#include "tests/jobs/simulators/watch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

std::string job(const std::string& model, const std::string& constraints = "[]") {
  return "{parameters: [{name: x, prior: flat, range: [0, 1]}], model: " + model + ", constraints: " + constraints + "}";
}

Answered evaluate(PointEvaluator& points, double x) {
  RandomStream stream(1, Purpose::evaluate, 0);
  std::vector<double> row;
  const double u[] = {x};
  const Evaluation e = points.evaluate(u, stream, row);
  return {e.status, e.message, row};
}

}  // namespace

TEST_CASE("an output whose name the result has for itself, or cannot store, is a fault of the job") {
  for (const char* name : {"phase", "id", "status", "rank", "host", "start", "duration", "log_likelihood", "u_x", "lnL_y", "a/b", "."}) {
    INFO(name);
    Faults faults;
    CHECK_FALSE(PointEvaluator::read(yaml(job(std::string("{type: external, steps: [{command: echo 1, outputs: {\"") + name + "\": {csv: 0, file: stdout}}}]}")), faults));
    CHECK(faults.report("job").find("cannot be the name of an output") != std::string::npos);
  }
  Faults faults;
  CHECK(PointEvaluator::read(yaml(job("{type: external, steps: [{command: echo 1, outputs: {m-h: {csv: 0, file: stdout}}}]}")), faults));
  CHECK(PointEvaluator::read(yaml(job("{type: normal}")), faults));  // makes lnL_model itself
  CHECK(faults.empty());
}

TEST_CASE("a point whose constraint needs a step that was not run is skipped, and says which") {
  const std::string chain = R"({type: external, steps: [{name: a, command: echo 1, outputs: {y: {csv: 0, file: stdout}}}, {name: b, when: "x > 0.5", command: echo 2, outputs: {z: {csv: 0, file: stdout}}},
    {name: c, when: "x < 2", command: echo 3, outputs: {w: {csv: 0, file: stdout}}}]})";
  Faults faults;
  auto points = PointEvaluator::read(yaml(job(chain, "[{column: z, type: normal, value: 2, sigma: 1}, {column: w, type: normal, value: 3, sigma: 1}]")), faults);
  REQUIRE(points);
  CHECK(evaluate(*points, 0.7).status == Status::ok);
  const Answered a = evaluate(*points, 0.3);
  CHECK(a.status == Status::skipped);
  CHECK(a.message == "step b was not run: x > 0.5 is false");
  CHECK(std::isnan(a.row.back()));
  CHECK(a.row[a.row.size() - 2] == 0.0);  // lnL_w
  // Nothing needs the step, or the likelihood is NaN for another reason.
  auto without = PointEvaluator::read(yaml(job(chain, "[{column: w, type: normal, value: 3, sigma: 1}]")), faults);
  CHECK(evaluate(*without, 0.3).status == Status::ok);
  auto other = PointEvaluator::read(yaml(job(chain, "[{column: z, type: normal, value: 2, sigma: 1}, {type: expression, name: bad, expression: \"log(-w)\"}]")), faults);
  REQUIRE(other);
  CHECK(evaluate(*other, 0.3).status == Status::not_finite);
}
