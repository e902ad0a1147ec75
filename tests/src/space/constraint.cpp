#include "src/space/constraint.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "tests/support/catch.h"
#include "tests/support/yaml.h"

using namespace umbra;
using umbra::test::yaml;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const ConstraintContext context{{"m_h", "x", "error"}};

// Every registered constraint needs examples that use the columns x and error, and options that it must refuse.
const std::map<std::string, std::vector<std::string>> good = {
    {"normal",
     {"column: x, value: 1, sigma: error", "column: x, value: 1, sigma: 0.2, theory: error, normalised: true",
      "column: x + error, value: 1, sigma: 2", "column: x, value: error, sigma: 2", "column: x, value: 1, sigma: 0.1 + abs(error)"}},
    {"asymmetric",
     {"column: x, value: 1, sigma: [error, 2]", "column: x, value: 1, sigma: [2, error]",
      "column: x, value: 1, sigma: [1, 2], theory: error, normalised: true", "column: x, value: error, sigma: [1, 2]"}},
    {"upper",
     {"column: x, value: error", "column: x * error, value: 1", "column: x, value: 1, shape: half_normal, sigma: error",
      "column: x, value: 1, shape: smeared, smear: error", "column: x, value: 1, shape: smeared, smear: 1, theory: error"}},
    {"lower",
     {"column: x, value: error", "column: x * error, value: 1", "column: x, value: 1, shape: half_normal, sigma: error",
      "column: x, value: 1, shape: smeared, smear: error", "column: x, value: 1, shape: half_normal, sigma: 1, theory: error"}},
    {"range", {"column: x * error, value: [-1, 1]", "column: x, value: [-1, 1], smear: error", "column: x, value: [-1, 1], smear: 1, theory: error"}},
    {"require", {"expression: x > error", "expression: (x > error) == 0", "expression: error < 1 || x > 1"}},
    {"expression", {"expression: -x^2 / error^2", "expression: ln(x) + ln(error)", "expression: 1 / (x * error)"}},
};
const std::map<std::string, std::vector<std::string>> bad = {
    {"normal",
     {"", "column: x", "column: x, value: 1", "column: x, value: 1, sigma: 0", "column: x, value: 1, sigma: -1",
      "column: x, value: 1, sigma: 1, theory: -1", "column: x, value: 1, sigma: y", "column: y, value: 1, sigma: 1", "column: x, value: y, sigma: 1",
      "column: x, value: 1, sigma: 1, name: a b", "column: x, value: 1, sigma: 1, sgma: 2", "column: x, value: [1], sigma: 1", "column: x, value: inf, sigma: 1", "column: x, value: 1, sigma: inf"}},
    {"asymmetric",
     {"column: x, value: 1", "column: x, value: 1, sigma: [1]", "column: x, value: 1, sigma: 1", "column: x, value: 1, sigma: [-1, 1]",
      "column: x, value: 1, sigma: [0, 1]", "column: y, value: 1, sigma: [1, 1]"}},
    {"upper",
     {"column: x", "column: y, value: 1", "column: x, value: 1, shape: steep", "column: x, value: 1, shape: half_normal",
      "column: x, value: 1, shape: smeared", "column: x, value: 1, sigma: 1", "column: x, value: 1, shape: half_normal, smear: 1",
      "column: x, value: 1, shape: smeared, sigma: 1"}},
    {"lower", {"column: x", "column: y, value: 1", "column: x, value: 1, theory: 1", "column: x, value: -inf"}},
    {"range", {"column: x", "column: x, value: 1", "column: x, value: [2, 1]", "column: x, value: [1, 2], smear: -1", "column: y, value: [1, 2]"}},
    {"require", {"", "expression: y > 1", "expression: x >", "expression: x > 1, column: x"}},
    {"expression", {"", "expression: y", "expression: x = 1"}},
};

Config entry(const std::string& type, const std::string& options) { return yaml("{type: " + type + (options.empty() ? "" : ", " + options) + "}"); }

std::unique_ptr<Constraint> make(const std::string& type, const std::string& options) {
  Faults faults;
  auto c = ConstraintRegistry::instance().make(entry(type, options), faults, context);
  INFO(type << " " << options << ": " << faults.report("job"));
  REQUIRE(faults.empty());
  REQUIRE(c);
  return c;
}

double at(const Constraint& c, double x, double error = 1) { return c.log_likelihood(std::vector<double>{125, x, error}); }

double ln_phi(double z) { return static_cast<double>(std::log(cdf(boost::math::normal_distribution<long double>(), static_cast<long double>(z)))); }

}  // namespace

TEST_CASE("every constraint: NaN in gives NaN out, and nothing gives +inf") {
  for (const auto& [type, registered] : ConstraintRegistry::instance().entries()) {
    INFO("constraint " << type << " has no example in this test: add one");
    REQUIRE(good.contains(type));
    for (const std::string& options : good.at(type)) {
      const auto c = make(type, options);
      INFO(type << " " << options);
      bool finite = false;
      for (double x : {-inf, -1e300, -3.0, -0.5, 0.0, 0.5, 1.0, 3.0, 1e300, inf}) {
        for (double error : {0.0, 0.5, 1.0, 10.0, -1.0, inf}) {
          const double v = at(*c, x, error);
          CHECK(v != INFINITY);
          finite |= std::isfinite(v);
        }
        CHECK(std::isnan(at(*c, x, NAN)));
        CHECK(std::isnan(at(*c, NAN, 1)));
      }
      CHECK(finite);
    }
  }
}

TEST_CASE("every constraint: wrong options are faults, and an unknown column suggests the nearest") {
  for (const auto& [type, registered] : ConstraintRegistry::instance().entries()) {
    INFO("constraint " << type << " has no bad example in this test: add one");
    REQUIRE(bad.contains(type));
    for (const std::string& options : bad.at(type)) {
      Faults faults;
      INFO(type << " " << options);
      CHECK_FALSE(ConstraintRegistry::instance().make(entry(type, options), faults, context));
      CHECK_FALSE(faults.empty());
    }
  }
  Faults faults;
  ConstraintRegistry::instance().make(entry("normal", "column: m_hh, value: 1, sigma: eror"), faults, context);
  INFO(faults.report("job"));
  CHECK(faults.report("job").find("did you mean 'm_h'?") != std::string::npos);
  CHECK(faults.report("job").find("did you mean 'error'?") != std::string::npos);
}

TEST_CASE("normal: theory adds in quadrature; normalised adds the constant") {
  CHECK(at(*make("normal", "column: m_h, value: 125.2, sigma: 0.11, theory: 2"), 0) == Approx(-0.5 * 0.04 / (0.0121 + 4)));
  CHECK(at(*make("normal", "column: x, value: 1, sigma: error"), 4, 2) == Approx(-0.5 * 2.25));
  CHECK(at(*make("normal", "column: x, value: 1, sigma: error, normalised: true"), 4, 2) ==
        Approx(std::log(static_cast<double>(pdf(boost::math::normal_distribution<long double>(1, 2), 4.0L)))));
  CHECK(at(*make("normal", "column: 2 * x, value: error, sigma: 1"), 2, 3) == Approx(-0.5));
  CHECK(std::isnan(at(*make("normal", "column: x, value: 1, sigma: error"), 4, 0)));
  CHECK(std::isnan(at(*make("normal", "column: x, value: 1, sigma: error"), 4, -2)));
}

TEST_CASE("asymmetric: the upward error holds above the value") {
  const auto c = make("asymmetric", "column: x, value: 1, sigma: [0.5, 2]");
  CHECK(at(*c, 3) == Approx(-0.5));
  CHECK(at(*c, 0) == Approx(-2));
  CHECK(at(*c, 1) == 0);
  CHECK(at(*make("asymmetric", "column: x, value: 1, sigma: [0.3, 3], theory: 4"), 6) == Approx(-0.5));
  // The split normal distribution integrates to 1.
  const auto n = make("asymmetric", "column: x, value: 1, sigma: [0.5, 2], normalised: true");
  double integral = 0;
  for (double x = -20; x < 30; x += 1e-3) integral += std::exp(at(*n, x)) * 1e-3;
  CHECK(integral == Approx(1).epsilon(1e-3));
}

TEST_CASE("upper and lower limits, in their three shapes") {
  const auto upper = make("upper", "column: x, value: 2"), lower = make("lower", "column: x, value: 2");
  CHECK(at(*upper, 2) == 0);
  CHECK(at(*upper, 2.001) == -INFINITY);
  CHECK(at(*lower, 2) == 0);
  CHECK(at(*lower, 1.999) == -INFINITY);
  const auto half_up = make("upper", "column: x, value: 2, shape: half_normal, sigma: 3, theory: 4"),
             half_low = make("lower", "column: x, value: 2, shape: half_normal, sigma: 1");
  CHECK(at(*half_up, -50) == 0);
  CHECK(at(*half_up, 12) == Approx(-2));
  CHECK(at(*half_low, 3) == 0);
  CHECK(at(*half_low, -1) == Approx(-4.5));
  const auto smeared_up = make("upper", "column: x, value: 2, shape: smeared, smear: 0.5"),
             smeared_low = make("lower", "column: x, value: 2, shape: smeared, smear: 3, theory: 4");
  for (double x : {-30.0, 0.0, 1.0, 2.0, 3.0, 5.0, 15.0}) {
    INFO(x);
    CHECK(at(*smeared_up, x) == Approx(ln_phi((2 - x) / 0.5)).epsilon(1e-9).margin(1e-15));
    CHECK(at(*smeared_low, x) == Approx(ln_phi((x - 2) / 5)).epsilon(1e-9));
  }
  CHECK(at(*smeared_up, 1e4) == Approx(-0.5 * 4e8 * (1 - 4e-4)).epsilon(1e-4));
}

TEST_CASE("a range is sharp, or folded with a normal distribution") {
  const auto sharp = make("range", "column: x, value: [80, 100]"), smeared = make("range", "column: x, value: [80, 100], smear: 2"),
             wide = make("range", "column: x, value: [-1, 1], smear: 100");
  CHECK(at(*sharp, 80) == 0);
  CHECK(at(*sharp, 100) == 0);
  CHECK(at(*sharp, 79.99) == -INFINITY);
  CHECK(at(*sharp, 100.01) == -INFINITY);
  const boost::math::normal_distribution<long double> exact;
  for (double x : {70.0, 79.0, 80.0, 90.0, 101.0, 120.0, 140.0}) {
    INFO(x);
    const long double low = (80 - x) / 2.0L, high = (100 - x) / 2.0L;
    const long double mass = low > 0 ? cdf(exact, -low) - cdf(exact, -high) : cdf(exact, high) - cdf(exact, low);
    CHECK(at(*smeared, x) == Approx(static_cast<double>(std::log(mass))).epsilon(1e-9).margin(1e-12));
  }
  CHECK(at(*wide, 0) == Approx(std::log(2 / 100.0 / std::sqrt(2 * 3.141592653589793))).epsilon(1e-4));
  CHECK(at(*smeared, 1e5) < -1e9);
  CHECK(std::isfinite(at(*smeared, 1e5)));
}

TEST_CASE("require and expression") {
  const auto r = make("require", "expression: x > 1 && error < 5");
  CHECK(at(*r, 2) == 0);
  CHECK(at(*r, 0) == -INFINITY);
  const auto e = make("expression", "expression: -2 * x");
  CHECK(at(*e, 3) == -6);
  CHECK(std::isnan(at(*make("expression", "expression: 1 / x"), 0)));
  CHECK(at(*make("expression", "expression: ln(x)"), 0) == -INFINITY);
}

namespace {
Config inner_set() { return yaml("[{column: x, type: lower, value: 0, source: a table}, {expression: x < error, type: require}]"); }
Config outer_set() { return yaml("[{include: test_inner}, {column: m_h, type: normal, value: 125, sigma: 1}]"); }
Config endless_set() { return yaml("[{include: test_endless}]"); }
Config foreign_set() { return yaml("[{column: m_gluino, type: lower, value: 0}]"); }
[[maybe_unused]] const bool added = ConstraintSets::add("test_inner", "", inner_set) && ConstraintSets::add("test_outer", "", outer_set) &&
                                    ConstraintSets::add("test_endless", "", endless_set) && ConstraintSets::add("test_foreign", "", foreign_set);

std::vector<std::string> names(const std::string& list) {
  Faults faults;
  std::vector<std::string> all;
  for (const auto& c : read_constraints(yaml(list), context, faults)) all.push_back(c->name());
  INFO(faults.report("job"));
  REQUIRE(faults.empty());
  return all;
}
}  // namespace

TEST_CASE("a list expands its sets and gives unique names") {
  CHECK(names("[{include: test_outer}, {column: m_h, type: upper, value: 130}, {column: m_h, type: lower, value: 1}, {column: x, type: upper, value: "
              "5, name: m_h_2}]") == std::vector<std::string>{"x", "x_error", "m_h", "m_h_3", "m_h_4", "m_h_2"});  // a given name stays
  CHECK(names("[]").empty());
  CHECK(names("[{expression: 'm_h > 1 && x > 1 && error > 1', type: require}, {expression: '1', type: require}]") ==
        std::vector<std::string>{"m_h_x_error", "constant"});
  Faults faults;
  CHECK(read_constraints(yaml("[{include: test_inner}]"), context, faults)[0]->source() == "a table");
  CHECK(read_constraints({}, context, faults).empty());
  CHECK(faults.empty());
}

TEST_CASE("the faults of a list are all told, those of a set at the line that includes it") {
  Faults faults;
  read_constraints(yaml("- {column: m_hh, type: upper, value: 1}\n- {include: test_iner}\n- {include: test_foreign}\n- {include: test_endless}\n- "
                        "3\n- {include: test_inner, type: x}\n- {column: x, type: uper}\n- {column: x}\n"),
                   context, faults);
  std::vector<int> lines;
  for (const auto& f : faults.all()) lines.push_back(f.mark.line);
  std::sort(lines.begin(), lines.end());
  INFO(faults.report("job"));
  CHECK(lines == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
  const std::string report = faults.report("job");
  for (const char* part : {"did you mean 'm_h'?", "did you mean 'test_inner'?", "constraint set 'test_foreign': ", "includes itself",
                           "did you mean 'upper'?", "'type' is missing"})
    CHECK(report.find(part) != std::string::npos);
  Faults one;
  read_constraints(yaml("{column: x}"), context, one);
  CHECK(one.size() == 1);
}

TEST_CASE("two constraints of one given name are a fault") {
  Faults faults;
  read_constraints(yaml("[{column: x, type: upper, value: 1, name: a}, {column: m_h, type: upper, value: 2, name: a}]"), context, faults);
  REQUIRE(faults.size() == 1);
  CHECK(faults.all()[0].text.find("two constraints are called 'a'") != std::string::npos);
}

TEST_CASE("where columns are not all known, all else of a constraint is checked") {
  Faults faults;
  const ConstraintContext some{.columns = {"x"}, .complete = false};
  read_constraints(yaml("[{column: m_chi, type: upper, value: 1}, {expression: 'sqrt(m_chi) > x', type: require}]"), some, faults);
  CHECK(faults.empty());
  read_constraints(yaml("[{column: m_chi, type: uper, value: 1}, {column: m_chi, type: upper, valu: 1}, {expression: 'm_chi >', type: require}]"), some, faults);
  CHECK(faults.size() >= 3);
}
