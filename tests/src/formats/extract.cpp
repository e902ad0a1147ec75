#include "src/formats/extract.h"

#include "tests/support/catch.h"
#include "tests/support/yaml.h"

using namespace umbra;
using umbra::test::yaml;

namespace {

Extracted from(const std::string& text, const std::string& spec) {
  Faults faults;
  const auto extract = Extract::read(yaml(spec), "output m", faults);
  INFO(faults.report("job"));
  REQUIRE(extract);
  REQUIRE(faults.empty());
  return extract->find(Document(text));
}

std::string fault(const std::string& spec) {
  Faults faults;
  Extract::read(yaml(spec), "output m", faults);
  return faults.report("job.yaml");
}

}  // namespace

TEST_CASE("numbers are read by SLHA entry, JSON pointer, CSV column and regular expression") {
  CHECK(from("Block MASS\n 25 125.1\n", "{slha: MASS 25}").value == 125.1);
  CHECK(from(R"({"higgs": {"mass": [1, 125.1]}})", "{json: /higgs/mass/1}").value == 125.1);
  CHECK(from(R"({"m": "1.5D+02", "ok": true})", "{json: /m}").value == 150.0);
  CHECK(from("mass,width\n1,2\n3,4\n", "{csv: width}").value == 2.0);
  CHECK(from("mass,width\n1,2\n3,4\n", "{csv: width, row: -1}").value == 4.0);
  CHECK(from("# mass width\n 1   2\n 3   4\n", "{csv: width, row: 1}").value == 4.0);
  CHECK(from("1 2\n3 4\n", "{csv: 1, row: 1}").value == 4.0);
  CHECK(from("\"a, b\";c\n5;6\r\n", "{csv: c}").value == 6.0);
  CHECK(from("Omega h^2 = 0.119E+00\nOmega h^2 = 0.2\n", R"({regex: 'Omega h\^2 = (\S+)'})").value == 0.119);
  CHECK(from("Omega = 0.1\nOmega = 0.2\n", R"({regex: 'Omega = (\S+)', match: last})").value == 0.2);
  CHECK(std::isnan(from("x=NaN", "{regex: 'x=(.*)'}").value.value()));
}

TEST_CASE("a number that is not there is told from one that is none") {
  const std::pair<std::string, std::string> missing[] = {{"Block MASS\n 25 1\n", "{slha: MASS 26}"}, {"{}", "{json: /a}"}, {"a\n1\n", "{csv: b}"}, {"a\n1\n", "{csv: a, row: 1}"}, {"nothing", "{regex: 'x=(.*)'}"}};
  for (const auto& [text, spec] : missing) {
    INFO(spec);
    CHECK_FALSE(from(text, spec).value);
    CHECK(from(text, spec).missing);
  }
  const std::pair<std::string, std::string> garbage[] = {{"Block MASS\n 25 heavy\n", "{slha: MASS 25}"}, {"{\"a\": [1]}", "{json: /a}"}, {"{\"a\": 1", "{json: /a}"}, {"a\nb\n", "{csv: a}"}, {"x=y", "{regex: 'x=(.*)'}"}};
  for (const auto& [text, spec] : garbage) {
    INFO(spec);
    CHECK_FALSE(from(text, spec).value);
    CHECK_FALSE(from(text, spec).missing);
    CHECK_FALSE(from(text, spec).why.empty());
  }
}

TEST_CASE("JSON with words for what is not finite is still JSON") {
  const std::string text = R"({"nan": NaN, "up": Infinity, "down": -Infinity, "c": [nan, -nan, inf, -inf], "huge": 1e999, "low": -1e400, "mass": 125.5, "tiny": 1e-999, "says": "NaN \" -inf 1e999"})";
  CHECK(from(text, "{json: /mass}").value == 125.5);
  CHECK(from(text, "{json: /tiny}").value == 0.0);
  CHECK(std::isnan(from(text, "{json: /nan}").value.value()));
  CHECK(std::isnan(from(text, "{json: /c/1}").value.value()));
  for (const char* infinite : {"/up", "/c/2", "/huge"}) CHECK(from(text, std::string("{json: ") + infinite + "}").value == INFINITY);
  for (const char* infinite : {"/down", "/c/3", "/low"}) CHECK(from(text, std::string("{json: ") + infinite + "}").value == -INFINITY);
  CHECK(from(text, "{json: /says}").why.find("NaN \" -inf 1e999") != std::string::npos);
}

TEST_CASE("a JSON pointer that no list can have is a place that is not there") {
  for (const char* pointer : {"/99999999999999999999", "/01", "/-", "/x"}) {
    INFO(pointer);
    CHECK(from("[1, 2]", std::string("{json: ") + pointer + "}").missing);
  }
}

TEST_CASE("a regular expression ends, whatever it is and reads") {
  const std::string line(4090, 'a');
  for (const char* endless : {"((a|b|c|d)*)*z", "(a+)+$b"}) {
    INFO(endless);
    const Extracted found = from(line + "\n", std::string("{regex: '") + endless + "'}");
    CHECK_FALSE(found.value);
    CHECK_FALSE(found.missing);
    CHECK(found.why.find("takes too long") != std::string::npos);
  }
  // What is only long is read.
  CHECK(from(line + " = 5\n", "{regex: 'a+ = (.*)'}").value == 5.0);
  std::string lines;
  for (int i = 0; i < 20000; ++i) lines += "Omega of point " + std::to_string(i) + " is 0.1\n";
  CHECK(from(lines, "{regex: 'Omega of point 19999 is (.*)'}").value == 0.1);
  CHECK(from(lines, "{regex: '^(?:\\S+\\s+)+(\\d+) is', match: last}").value == 19999.0);
}

TEST_CASE("faults of an extraction say what would be right") {
  CHECK(fault("{slha: '25'}").find("'MASS 25'") != std::string::npos);
  CHECK(fault("{json: a/b}").find("/higgs/mass") != std::string::npos);
  CHECK(fault("{regex: '('}").find("no regular expression") != std::string::npos);
  CHECK(fault("{slha: MASS 25, csv: a}").find("keep one") != std::string::npos);
  CHECK(fault("{file: x}").find("one of slha") != std::string::npos);
  CHECK(fault("{csv: a, row: x}").find("row") != std::string::npos);
}
