#include "src/formats/text_template.h"

#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

const std::vector<std::string> names = {"M1", "tanb"};

std::string render(const std::string& text, std::vector<double> values = {-100.5, 10}) {
  Faults faults;
  const TextTemplate t(text, names, {}, "template", faults);
  INFO(faults.report("job"));
  REQUIRE(faults.empty());
  return t.render(values);
}

std::string fault(const std::string& text) {
  Faults faults;
  TextTemplate(text, names, {3, 5}, "input in.slha", faults);
  return faults.report("job.yaml");
}

}  // namespace

TEST_CASE("templates take names, expressions and formats") {
  CHECK(render("no brackets { here }\n") == "no brackets { here }\n");
  CHECK(render("{{M1}}/{{ tanb }}") == "-100.5/10");
  CHECK(render("{{ 2*M1 + tanb }}") == "-191");
  CHECK(render("{{ M1 | %12.4E }}|") == " -1.0050E+02|");
  CHECK(render("{{ tanb | %05d }}{{ M1|%.1f }}") == "00010-100.5");
  CHECK(render("{{ M1 < 0 || tanb < 0 }}") == "1");
  CHECK(render("{{ M1 }}", {0.1, 0}) == "0.1");
  CHECK(render("{{ M1 | %.99f }}", {1.7976931348623157e308, 0}).size() == 409);
  Faults faults;
  CHECK(TextTemplate("{{ tanb }}{{ tanb*M1 }}", names, {}, "", faults).used() == std::vector<std::size_t>{0, 1});
}

TEST_CASE("faults of a template carry their place") {
  CHECK(fault("a {{ M1") == "job.yaml:3:5: input in.slha: '{{ M1' has no closing }}");
  CHECK(fault("{{ tanbb }}").find("tanb") != std::string::npos);
  CHECK(fault("{{ M1 | %s }}").find("no format") != std::string::npos);
  CHECK(fault("{{ M1 | %n }}").find("no format") != std::string::npos);
  CHECK(fault("{{ M1 | %200f }}").find("no format") != std::string::npos);
  CHECK_FALSE(fault("{{ }}").empty());
}

TEST_CASE("damaged templates are refused or rendered, without harm") {
  RandomStream random(12, Purpose::test, 0);
  const std::string good = "Block EXTPAR\n 1 {{ M1 | %.8E }} # M1\n 2 {{ 2*M1+abs(tanb) }}\n";
  int rendered = 0;
  for (int trial = 0; trial < 500; ++trial) {
    std::string text = good;
    for (std::uint64_t changes = 1 + random.index(4); changes > 0; --changes) {
      const std::size_t at = random.index(text.size() + 1);
      if (random.index(2) == 0) text.erase(at, 1 + random.index(5));
      else text.insert(at, std::vector<std::string>{"{{", "}}", "|", "%", "(", "M1", "\"", "\n", "*", std::string(1, '\0')}[random.index(10)]);
    }
    Faults faults;
    const TextTemplate t(text, names, {}, "", faults);
    if (!faults.empty()) continue;
    ++rendered;
    CHECK_NOTHROW(t.render(std::vector<double>{1.0, 2.0}));
  }
  CHECK(rendered > 50);
  CHECK(rendered < 450);
}
