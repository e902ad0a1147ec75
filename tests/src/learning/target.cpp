// What is learnt of a point.

#include "src/learning/target.h"

#include <limits>

#include "tests/support/catch.h"
#include "tests/support/yaml.h"

using namespace umbra;

TEST_CASE("a number that single precision cannot compute with teaches nothing") {
  Faults faults;
  const auto target = Target::read(test::yaml("{columns: [a]}"), {{"a", "GeV", ""}}, faults);
  faults.throw_if_any("test");
  const auto value = [&](double x) { return target->value(Status::ok, std::span(&x, 1)); };
  CHECK(value(-3.5) == -3.5f);
  CHECK(value(1e15).has_value());
  for (const double x : {2e15, -1e31, 1e39, -1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) CHECK_FALSE(value(x).has_value());
  const double one = 1.0;
  CHECK_FALSE(target->value(Status::timeout, std::span(&one, 1)).has_value());
}
