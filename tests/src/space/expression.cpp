#include "src/space/expression.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

using namespace umbra;

namespace {

const std::vector<std::string> names = {"a", "b", "m_h", "mu"};
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Expression parse(const std::string& text, const std::vector<std::string>& variables = names) {
  Faults faults;
  Expression e(text, variables, {}, "test", faults);
  INFO(faults.report("job"));
  REQUIRE(faults.empty());
  return e;
}

double value(const std::string& text, std::vector<double> at = {2, 3, 125, -90}) { return parse(text)(at); }

std::string fault(const std::string& text) {
  Faults faults;
  Expression e(text, names, {3, 7}, "require", faults);
  REQUIRE(faults.size() == 1);
  CHECK(faults.all()[0].mark.line == 3);
  return faults.all()[0].text;
}

}  // namespace

TEST_CASE("arithmetic has the usual precedence") {
  CHECK(value("a + b * 2") == 8);
  CHECK(value("-a^2") == -4);
  CHECK(value("2^3^2") == 512);
  CHECK(value("a - b - 1") == -2);
  CHECK(value("8 / 4 / 2") == 1);
  CHECK(value("a * -b") == -6);
  CHECK(value("1e-3 * a") == 2e-3);
  CHECK(value("abs(mu) + min(a, b, m_h) + max(a, b)") == 95);
  CHECK(value("sqrt(pow(a, 2)) + ln(exp(1)) + log10(100)") == Approx(5));
  CHECK(value("2 * pi + e") == Approx(2 * 3.14159265358979 + 2.71828182845905));
  CHECK(value("floor(2.5) + ceil(2.5) + sign(mu)") == 4);
}

TEST_CASE("comparisons and logic give 0 or 1") {
  CHECK(value("abs(mu) > 80 && m_h > 120") == 1);
  CHECK(value("a < b") == 1);
  CHECK(value("a >= b") == 0);
  CHECK(value("a <= 2") == 1);
  CHECK(value("a == 2") == 1);
  CHECK(value("a != 2") == 0);
  CHECK(value("!a") == 0);
  CHECK(value("!(a > b)") == 1);
  CHECK(value("a > 1 &&!(b < 1)") == 1);
  CHECK(value("!a == 0") == 1);
  CHECK(value("a > 5 || b > 2 && a > 1") == 1);
  CHECK(value("1 || 0 && 0") == 1);
  CHECK(value("a<-1") == 0);
  CHECK(value("(a > 1 && b > 5) == 0") == 1);
  CHECK(value("a > b ? 10 : 20") == 20);
  CHECK(parse("a").is_true(std::vector<double>{2, 3, 4, 5}));
  CHECK_FALSE(parse("a").is_true(std::vector<double>{0, 3, 4, 5}));
}

TEST_CASE("a NaN never becomes a truth value") {
  const std::vector<double> at = {not_a_number, 3, 125, -90};
  for (const char* text : {"a > 1", "a < 1", "a == a", "a != a", "!a", "!(a > 1)", "a > 1 && b > 5", "a > 1 || b > 1", "min(a, b)", "min(b, a)",
                           "a > 1 ? 1 : 0", "a * 0", "(a < 1) == 0"}) {
    INFO(text);
    CHECK(std::isnan(parse(text)(at)));
    CHECK_FALSE(parse(text).is_true(at));
  }
  CHECK(parse("b > 1")(at) == 1);
}

TEST_CASE("what cannot be computed is NaN, unless the rest decides alone") {
  for (const char* text : {"sqrt(mu)", "sqrt(mu) < 3", "(sqrt(mu) < 3) == 0", "!(ln(mu) > 0)", "0 * sqrt(mu)", "min(3, sqrt(mu))",
                           "max(sqrt(mu), 3, 4)", "sign(sqrt(mu))", "(a - 2) / (b - 3)", "mu^0.5", "sqrt(mu) < 3 ? 1 : 2"}) {
    INFO(text);
    CHECK(std::isnan(value(text)));
  }
  CHECK(value("mu > 0 && sqrt(mu) < 3") == 0);
  CHECK(value("mu < 0 || sqrt(mu) < 3") == 1);
  CHECK(std::isnan(value("mu < 0 && sqrt(mu) < 3")));
  CHECK(value("mu > 0 ? sqrt(mu) : 7") == 7);
}

TEST_CASE("a copy is independent") {
  Expression e = parse("a + b");
  Expression copy = e;
  CHECK(e(std::vector<double>{1, 2, 0, 0}) == 3);
  CHECK(copy(std::vector<double>{10, 20, 0, 0}) == 30);
  CHECK(e(std::vector<double>{1, 2, 0, 0}) == 3);
  {
    Expression temporary = parse("b * 2");
    e = temporary;
  }
  CHECK(e(std::vector<double>{1, 2, 0, 0}) == 4);
  CHECK(e.text() == "b * 2");
}

TEST_CASE("an expression knows what it uses, and columns hide constants") {
  CHECK(parse("mu + a").used() == std::vector<std::size_t>{0, 3});
  CHECK(parse("2 * pi").used().empty());
  CHECK(parse("e + 1", {"x", "e"})(std::vector<double>{0, 5}) == 6);
}

TEST_CASE("a wrong expression is one clear fault") {
  CHECK(fault("m_hh > 120").find("did you mean 'm_h'?") != std::string::npos);
  CHECK(fault("abss(a)").find("did you mean 'abs'?") != std::string::npos);
  CHECK(fault("a = 2").find("==") != std::string::npos);
  CHECK(fault("a = 2").find("single") != std::string::npos);
  CHECK(fault("1,5").find("decimal point") != std::string::npos);
  for (const char* text : {"", "a +", "(a", "a b", "min()", "\"text\"", "a & b", "3a"}) {
    INFO(text);
    CHECK(fault(text).find("require: ") == 0);
  }
  Faults faults;
  Expression e("x1 + y1", names, {}, "require", faults);
  CHECK(faults.size() == 2);
}
