// What the HTTP service answers: points in, predictions out; what it says of bodies that are no request, and lives on.

#include "workflows/service_answers.h"

#include "tests/support/catch.h"

using namespace umbra;

namespace {

/// One member: class 1 where the first parameter lies in the upper half.
class Half final : public Voters {
 public:
  std::size_t votes() const override { return 1; }
  void predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const override {
    for (std::size_t i = 0; i * dim < x.size(); ++i) votes[i * stride] = x[i * dim] > 0.5f ? 1.0f : 0.0f;
  }
  void save(std::ostream&) const override {}
};

ServiceAnswers service() {
  ModelCard card;
  card.name = "half";
  card.target = "x > 0";
  card.parameters = Config::list({Config::map({{"name", Config("x"), {}}, {"unit", Config("GeV"), {}}, {"range", Config::list({-1, 1}), {}}}),
                                  Config::map({{"name", Config("y"), {}}, {"range", Config::list({0.0, 1}), {}}})});
  card.low = {-1, 0};
  card.high = {1, 1};
  return ServiceAnswers(LearnedModel(std::move(card), {std::make_shared<Half>()}));
}

std::string nested(std::size_t levels) { return R"({"points": [[)" + std::string(levels, '[') + std::string(levels, ']') + ", 2]]}"; }

}  // namespace

TEST_CASE("the service says what the model is, with units, and answers points") {
  ServiceAnswers answers = service();
  CHECK_THAT(answers.describe().body, Catch::Contains(R"({"name":"x","unit":"GeV","low":-1.0,"high":1.0})"));
  const Answer answer = answers.predict(R"({"points": [{"x": 0.5, "y": 0.5}, [-0.5, 0.5], [7, 0.5]]})");
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Catch::Contains(R"([{"class":1,)") && Catch::Contains(R"({"class":0,)") && Catch::Contains("x = 7"));
}

TEST_CASE("a body that is nested without end is refused, at any depth") {
  ServiceAnswers answers = service();
  for (const std::size_t levels : {1, 10, 1000, 200000, 2000000}) {
    const Answer answer = answers.predict(nested(levels));
    CHECK(answer.status == 400);
    CHECK_THAT(answer.body, Catch::Contains(levels < 5 ? "a list" : "levels deep"));
  }
}

TEST_CASE("what is no number is named by its kind, and nothing long is repeated") {
  ServiceAnswers answers = service();
  const std::string umlauts = [] {
    std::string s;
    for (int i = 0; i < 1000; ++i) s += "\xc3\xa4";
    return s;
  }();
  for (const auto& [value, word] : std::vector<std::pair<std::string, std::string>>{
           {"[1, 2]", "a list"}, {"{\"a\": 1}", "a map"}, {"null", "null"}, {"true", "true"}, {"\"" + umlauts + "\"", "..."}, {"\"x" + umlauts + "\"", "..."}}) {
    const Answer answer = answers.predict("{\"points\": [[" + value + ", 2]]}");
    CHECK(answer.status == 400);
    CHECK_THAT(answer.body, Catch::Contains(word) && Catch::Contains("not a number"));
    CHECK(answer.body.size() < 400);
  }
  for (const std::string& body : {"{\"points\": [{\"x\": 1, \"y\": 0, \"" + umlauts + "\": 2}]}", "{\"parameters\": [\"x\", \"y\", \"" + umlauts + "\"], \"points\": []}",
                                  std::string(R"({"parameters": [3, [4]], "points": []})"), std::string("[[]]"), std::string("{nonsense"), std::string("\xff\xfe")}) {
    const Answer answer = answers.predict(body);
    CHECK(answer.status == 400);
    CHECK(answer.body.size() < 400);
  }
}
