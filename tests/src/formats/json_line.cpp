#include "src/formats/json_line.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

const std::vector<Column> columns = {{"a", "", ""}, {"b", "", ""}};

struct Read {
  Answer answer;
  double a, b;
};
Read read(const std::string& line) {
  double row[2] = {-7, -7};
  const Answer answer = read_answer(line, columns, row);
  return {answer, row[0], row[1]};
}

}  // namespace

TEST_CASE("a point's line is JSON and gives back the same doubles") {
  RandomStream random(3, Purpose::test, 0);
  std::string line;
  for (int i = 0; i < 200; ++i) {
    const std::vector<double> theta = {random.normal() * std::pow(10.0, random.uniform(-300, 300)), random.uniform(), -0.0, 4000};
    write_point(line, 1ull << 60, static_cast<std::uint64_t>(i), theta);
    REQUIRE(line.back() == '\n');
    const auto j = nlohmann::json::parse(line);
    CHECK(j["id"] == 1ull << 60);
    CHECK(j["seed"] == i);
    CHECK(j["theta"].get<std::vector<double>>() == theta);
  }
  const std::vector<double> many(1000, -1.0 / 3);
  write_point(line, 1, 2, many);
  CHECK(nlohmann::json::parse(line)["theta"].get<std::vector<double>>() == many);
  CHECK(nlohmann::json::parse(hello_line({"M1", "tan\"b"})) == nlohmann::json({{"umbra", 1}, {"parameters", {"M1", "tan\"b"}}}));
}

TEST_CASE("answers are read in every form that the protocol allows") {
  for (const char* line : {R"({"id": 7, "values": [1.5, -2e-3]})", R"({"id":7,"values":[1.5,-2e-3]})", R"( { "id" : 7 , "values" : [ 1.5 , -2e-3 ] } )",
                           R"({"values": [1.5, -0.002], "id": 7})", R"({"id": 7, "values": {"b": -0.002, "a": 1.5}})", R"({"id": 7, "status": "ok", "values": [1.5, -0.002]})"}) {
    INFO(line);
    const Read r = read(line);
    CHECK(r.answer.good);
    CHECK(r.answer.id == 7);
    CHECK(r.answer.status == Status::ok);
    CHECK(r.a == 1.5);
    CHECK(r.b == -0.002);
  }
  CHECK(std::isnan(read(R"({"id": 1, "values": [NaN, 2]})").a));
  CHECK(read(R"({"id": 1, "values": [2, NaN]})").answer.status == Status::not_finite);
  CHECK(read(R"({"id": 1, "values": {"b": Infinity}})").answer.message == "b is infinite");
  CHECK(read(R"({"id": 1, "values": [null, 2]})").answer.status == Status::ok);
  CHECK(read(R"({"id": 1, "values": [-Infinity, 2]})").answer.status == Status::ok);
  CHECK(read(R"({"id": 1, "values": [-Infinity, Infinity]})").b == INFINITY);
  CHECK(read(R"({"id": 1, "values": {"a": -Infinity, "b": 1}})").a == -INFINITY);
  CHECK(std::isnan(read(R"({"id": 1, "values": {"a": 1}})").b));
  CHECK(std::isnan(read(R"({"id": 1, "values": [null, 2]})").a));
  CHECK(read(R"({"id": 1, "values": [1e999, 2]})").answer.status == Status::not_finite);
  CHECK(read(R"({"id": 1, "values": [2, nan]})").answer.message == "b is NaN");
  CHECK(read(R"({"id": 1, "values": [-1e999, 2]})").a == -INFINITY);
  const Read r = read(R"({"id": 3, "status": "unphysical", "message": "a tachyon"})");
  CHECK(r.answer.good);
  CHECK(r.answer.status == Status::unphysical);
  CHECK(r.answer.message == "a tachyon");
  CHECK(std::isnan(r.a));
}

TEST_CASE("answers that break the protocol say how") {
  const std::pair<const char*, const char*> bad[] = {{"", "not a JSON object"},
                                                     {"hello", "hello"},
                                                     {"[1, 2]", "not a JSON object"},
                                                     {R"({"values": [1, 2]})", "no \"id\""},
                                                     {R"({"id": -1, "values": [1, 2]})", "no \"id\""},
                                                     {R"({"id": 1})", "no \"values\""},
                                                     {R"({"id": 1, "values": [1]})", "1 values for 2 columns"},
                                                     {R"({"id": 1, "values": [1, 2, 3]})", "3 values for 2 columns"},
                                                     {R"({"id": 1, "values": [1, "x"]})", "value of b"},
                                                     {R"({"id": 1, "values": {"a": 1, "c": 2}})", "unknown column 'c'"},
                                                     {R"({"id": 1, "values": 3})", "neither"},
                                                     {R"({"id": 1, "status": "killed_rank"})", "killed_rank"},
                                                     {R"({"id": 1, "values": [1, 2]} {"id": 2})", "not a JSON object"}};
  for (const auto& [line, why] : bad) {
    INFO(line);
    const Answer a = read(line).answer;
    CHECK_FALSE(a.good);
    CHECK(a.status == Status::protocol_error);
    CHECK(a.message.find(why) != std::string::npos);
  }
}

TEST_CASE("a program's first line names its columns") {
  const auto c = read_hello(R"({"umbra": 1, "columns": ["chi2", {"name": "m_h", "unit": "GeV", "label": "m_h"}]})");
  REQUIRE(c.size() == 2);
  CHECK(c[0].name == "chi2");
  CHECK(c[1].unit == "GeV");
  for (const char* bad : {"", "Python 3.11", R"({"umbra": 2, "columns": ["a"]})", R"({"umbra": 1})", R"({"umbra": 1, "columns": []})", R"({"umbra": 1, "columns": [1]})",
                          R"({"umbra": 1, "columns": ["a", "a"]})"})
    CHECK_THROWS_AS(read_hello(bad), UserError);
  // Deeper than a recursive parser or printer could go.
  const std::string deep(1000000, '['), shallow(1000000, ']');
  CHECK_THROWS_AS(read_hello(R"({"umbra": 1, "columns": [)" + deep + shallow + "]}"), UserError);
  double row[1];
  CHECK_FALSE(read_answer(R"({"id": 1, "values": [)" + deep + shallow + "]}", {{"a", "", ""}}, row).good);
}
