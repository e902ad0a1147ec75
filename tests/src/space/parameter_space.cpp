#include "src/space/parameter_space.h"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "src/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/yaml.h"

using namespace umbra;
using umbra::test::yaml;

namespace {

ParameterSpace space(const std::string& text) {
  Faults faults;
  ParameterSpace s = ParameterSpace::read(yaml(text), faults);
  INFO(faults.report("job"));
  REQUIRE(faults.empty());
  return s;
}

std::vector<std::string> faults_of(const std::string& text) {
  Faults faults;
  ParameterSpace::read(yaml(text), faults);
  std::vector<std::string> texts;
  for (const auto& f : faults.all()) texts.push_back(f.text);
  return texts;
}

void check_fault(const std::string& text, const std::string& part) {
  const auto texts = faults_of(text);
  INFO(text);
  REQUIRE(texts.size() == 1);
  INFO(texts[0]);
  CHECK(texts[0].find(part) != std::string::npos);
}

const char* mixed = R"(
- {name: M1, label: "M_1", unit: GeV, prior: flat, range: [-4000, 4000]}
- {name: tanb, label: '\tan\beta', prior: log, range: [1, 60]}
- {name: M2, same_as: M1, factor: 2, offset: 1}
- {name: mt, unit: GeV, value: 173}
- {names: [a, b], prior: correlated_normal, mean: [1, 2], sigma: [0.5, 3], correlation: [[1, 0.8], [0.8, 1]], units: [GeV, ""]}
- {name: ratio, expression: "M1 / mt + tanb"}
- {name: phi, range: [0, 6.283185307179586], periodic: true}
)";

}  // namespace

TEST_CASE("a space maps u to every kind of parameter, in the order of the list") {
  const ParameterSpace s = space(mixed);
  CHECK(s.dim() == 5);
  CHECK(s.size() == 8);
  CHECK(s.names() == std::vector<std::string>{"M1", "tanb", "M2", "mt", "a", "b", "ratio", "phi"});
  CHECK(s.unit_names() == std::vector<std::string>{"M1", "tanb", "a", "b", "phi"});
  CHECK(s.periodic() == std::vector<bool>{false, false, false, false, true});
  CHECK(s.lengths().size() == 5);
  CHECK(s.lengths()[1] == Approx(std::log(60.0)));        // log
  CHECK(std::isnan(s.lengths()[2]));                       // correlated normal
  CHECK(s.lengths()[4] == Approx(6.283185307179586));     // flat
  CHECK(s.columns()[0].label == "M_1");
  CHECK(s.columns()[2].unit == "GeV");
  CHECK(s.columns()[4].unit == "GeV");
  CHECK(s.columns()[7].role == Role::parameter);
  const std::vector<double> u = {0.75, 0.5, 0.5, 0.5, 0.25};
  std::vector<double> theta(8);
  s.to_physical(u, theta);
  CHECK(theta[0] == Approx(2000));
  CHECK(theta[1] == Approx(std::sqrt(60.0)));
  CHECK(theta[2] == Approx(4001));
  CHECK(theta[3] == 173);
  CHECK(theta[4] == Approx(1));
  CHECK(theta[5] == Approx(2));
  CHECK(theta[6] == Approx(2000 / 173.0 + std::sqrt(60.0)));
  CHECK(theta[7] == Approx(1.5707963267948966));
  CHECK(s.contains(theta));
}

TEST_CASE("to_unit is the inverse of to_physical, also in a copy") {
  const ParameterSpace original = space(mixed);
  const ParameterSpace s = original;
  RandomStream stream(3, Purpose::test, 0);
  std::vector<double> u(5), back(5), theta(8), theta2(8);
  for (int i = 0; i < 1000; ++i) {
    stream.fill_uniform(u);
    s.to_physical(u, theta);
    s.to_unit(theta, back);
    for (int k = 0; k < 5; ++k) CHECK(back[k] == Approx(u[k]).margin(1e-12));
    original.to_physical(u, theta2);
    CHECK(theta == theta2);
  }
}

TEST_CASE("values outside the support go to the nearest end and are not contained") {
  const ParameterSpace s = space("[{name: x, range: [2, 3]}, {name: y, prior: log, range: [1, 10]}]");
  std::vector<double> u(2);
  s.to_unit(std::vector<double>{5, -1}, u);
  CHECK(u == std::vector<double>{1, 0});
  CHECK_FALSE(s.contains(std::vector<double>{5, 2}));
  CHECK_FALSE(s.contains(std::vector<double>{2.5, 0.5}));
  CHECK_FALSE(s.contains(std::vector<double>{NAN, 2}));
  CHECK(s.contains(std::vector<double>{2, 10}));
  CHECK(s.log_density(std::vector<double>{2.5, 2}) == Approx(-std::log(2 * std::log(10.0))));
}

TEST_CASE("a correlated block has its means, widths and correlation, and its density") {
  const ParameterSpace s = space(
      "[{prior: correlated_normal, names: [a, b, c], mean: [1, 2, 3], sigma: [0.5, 3, 1], correlation: [[1, 0.8, 0], [0.8, 1, -0.3], [0, -0.3, "
      "1]]}]");
  RandomStream stream(5, Purpose::test, 0);
  const int n = 100000;
  std::vector<double> u(3), t(3);
  double sum[3] = {}, square[3][3] = {};
  const double mean[] = {1, 2, 3}, sigma[] = {0.5, 3, 1};
  for (int k = 0; k < n; ++k) {
    stream.fill_uniform(u);
    s.to_physical(u, t);
    for (int i = 0; i < 3; ++i) {
      sum[i] += (t[i] - mean[i]) / sigma[i] / n;
      for (int j = 0; j < 3; ++j) square[i][j] += (t[i] - mean[i]) / sigma[i] * (t[j] - mean[j]) / sigma[j] / n;
    }
  }
  const double error = std::sqrt(1.0 / n);
  for (int i = 0; i < 3; ++i) CHECK(std::abs(sum[i]) < 4 * error);
  for (int i = 0; i < 3; ++i) CHECK(std::abs(square[i][i] - 1) < 4 * std::sqrt(2.0) * error);
  CHECK(std::abs(square[0][1] - 0.8) < 4 * std::sqrt(1 + 0.64) * error);
  CHECK(std::abs(square[1][2] + 0.3) < 4 * std::sqrt(1 + 0.09) * error);
  CHECK(std::abs(square[0][2]) < 4 * error);
  // Two dimensions by hand.
  const ParameterSpace pair = space("[{prior: correlated_normal, names: [a, b], mean: [0, 0], covariance: [[4, 1.2], [1.2, 1]]}]");
  const double x = 1.5, y = -0.3, rho = 0.6;
  const double q = (x * x / 4 - 2 * rho * (x / 2) * y + y * y) / (1 - rho * rho);
  CHECK(pair.log_density(std::vector<double>{x, y}) == Approx(-0.5 * q - std::log(2 * 3.141592653589793 * 2 * std::sqrt(1 - rho * rho))));
}

TEST_CASE("the faults of a list are all told, each with its place") {
  Faults faults;
  ParameterSpace::read(
      yaml("- {name: x, range: [2, 1]}\n- {name: 2y, range: [0, 1]}\n- {name: z, prior: fla, range: [0, 1]}\n- {name: w, rnge: [0, 1], unti: GeV}\n"),
      faults);
  std::vector<int> lines;
  for (const auto& f : faults.all()) lines.push_back(f.mark.line);
  CHECK(lines == std::vector<int>{1, 2, 3, 4, 4, 4});
  INFO(faults.report("job"));
  CHECK(faults.report("job").find("parameter 'w': unknown key 'rnge', did you mean 'range'?") != std::string::npos);
  CHECK(faults.report("job").find("did you mean 'unit'?") != std::string::npos);
}

TEST_CASE("what a parameter list may not say") {
  check_fault("[]", "empty");
  check_fault("{name: x}", "expected a list");
  check_fault("[3]", "expected a map");
  check_fault("[{range: [0, 1]}]", "'name' is missing");
  check_fault("[{name: x, range: [0, 1]}, {name: x, range: [0, 1]}]", "listed twice");
  check_fault("[{name: x, range: [0, 1]}, {names: [y, x], prior: correlated_normal, mean: [0, 0], sigma: [1, 1]}]", "listed twice");
  for (const char* name : {"id", "status", "phase", "rank", "host", "start", "duration", "log_likelihood", "u_x", "lnL_x"})
    check_fault("[{name: " + std::string(name) + ", range: [0, 1]}]", "choose another");
  for (const char* name : {"1x", "a-b", "'a b'", "''", "µ"}) check_fault("[{name: " + std::string(name) + ", range: [0, 1]}]", "letters");
  check_fault("[{name: x, prior: log, range: [-1, 1]}]", "parameter 'x': prior log");
  check_fault("[{name: x, prior: uniformly, range: [0, 1]}]", "unknown prior");
  check_fault("[{name: x, prior: uniformly, range: [0, 1]}, {name: y, same_as: x}]", "unknown prior");
  check_fault("[{name: x, prior: log, range: [-1, 1]}, {name: y, same_as: x}]", "prior log");
  check_fault("[{name: x, prior: same}, {name: y, range: [0, 1]}]", "same_as");
  check_fault("[{name: x, prior: normal, mean: 0, sigma: 1, periodic: true}]", "periodic needs a range");
  check_fault("[{name: x, value: 3}]", "nothing to vary");
  check_fault("[{name: x, prior: fixed}, {name: y, range: [0, 1]}]", "'value' is missing");
  check_fault("[{name: x, value: 3, periodic: true}, {name: y, range: [0, 1]}]", "unknown key 'periodic'");
  check_fault("[{name: M1, range: [0, 1]}, {name: x, same_as: M12}]", "did you mean 'M1'?");
  check_fault("[{name: x, same_as: y}, {name: y, range: [0, 1]}]", "comes later");
  check_fault("[{name: x, same_as: x}, {name: y, range: [0, 1]}]", "itself");
  check_fault("[{name: x, expression: y + 1}, {name: y, range: [0, 1]}]", "comes later");
  check_fault("[{name: y, range: [0, 1]}, {name: x, expression: x + 1}]", "itself");
  check_fault("[{name: y, range: [0, 1]}, {name: x, expression: yy + 1}]", "did you mean 'y'?");
  check_fault("[{name: y, range: [0, 1]}, {name: x, expression: y +}]", "cannot read");
  const std::string block = "[{prior: correlated_normal, names: [a, b], mean: [0, 0], ";
  check_fault(block + "sigma: [1, 1], correlation: [[1, 1.2], [1.2, 1]]}]", "positive definite");
  check_fault(block + "sigma: [1, 1], correlation: [[1, 0.2], [0.1, 1]]}]", "not symmetric");
  check_fault(block + "sigma: [1, 1], correlation: [[2, 0], [0, 1]]}]", "diagonal");
  check_fault(block + "sigma: [1, 1], correlation: [[1, 0]]}]", "2 rows");
  check_fault(block + "sigma: [1, 1], correlation: [[1, a], [0, 1]]}]", "'a' is not a number");
  check_fault(block + "sigma: [1]}]", "'sigma' has 1");
  check_fault(block + "sigma: [1, 1], covariance: [[1, 0], [0, 1]]}]", "already holds");
  check_fault(block + "sigma: [1, 1], name: c}]", "unknown key 'name'");
}

namespace {
Config two_masses() { return yaml("[{name: m1, range: [0, 1]}, {name: m2, range: [0, 1]}]"); }
[[maybe_unused]] const bool added = Presets::add("test_two_masses", "for this test", two_masses);
}  // namespace

TEST_CASE("a preset stands for a list; an unknown one suggests the nearest") {
  Faults faults;
  CHECK(ParameterSpace::read(Presets::get("test_two_masses", {}, faults), faults).dim() == 2);
  CHECK(faults.empty());
  CHECK(Presets::get("test_two_mases", {4, 1}, faults).is_null());
  REQUIRE(faults.size() == 1);
  CHECK(faults.all()[0].text.find("did you mean 'test_two_masses'?") != std::string::npos);
  bool listed = false;
  for (const auto& entry : Presets::entries()) listed |= entry.name == "test_two_masses" && entry.summary == "for this test";
  CHECK(listed);
}
