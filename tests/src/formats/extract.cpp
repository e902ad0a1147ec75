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

TEST_CASE("faults of an extraction say what would be right") {
  CHECK(fault("{slha: '25'}").find("'MASS 25'") != std::string::npos);
  CHECK(fault("{json: a/b}").find("/higgs/mass") != std::string::npos);
  CHECK(fault("{regex: '('}").find("no regular expression") != std::string::npos);
  CHECK(fault("{slha: MASS 25, csv: a}").find("keep one") != std::string::npos);
  CHECK(fault("{file: x}").find("one of slha") != std::string::npos);
  CHECK(fault("{csv: a, row: x}").find("row") != std::string::npos);
}
