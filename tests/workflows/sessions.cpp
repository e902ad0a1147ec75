#include "workflows/sessions.h"

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

TEST_CASE("the starts of a campaign are read as they were written") {
  const TemporaryDirectory run;
  CHECK(read_sessions(run.path())->empty());
  write_sessions(run.path(), {{.start = 1.5, .end = 2.5, .ranks = 2, .hosts = {"a", "b"}, .busy_s = 1.0, .span_s = 2.0, .outcomes_before = 7, .stopped_by = "deadline"},
                              {.start = 3.0, .ranks = 1, .hosts = {"a"}, .stopped_by = ""}});
  const auto sessions = read_sessions(run.path());
  REQUIRE(sessions);
  REQUIRE(sessions->size() == 2);
  CHECK(sessions->front().stopped_by == "deadline");
  CHECK(sessions->front().hosts == std::vector<std::string>{"a", "b"});
  CHECK(sessions->front().outcomes_before == 7);
  CHECK(sessions->back().end == 0.0);
}

TEST_CASE("a damaged list of starts is told, and ends nothing") {
  const TemporaryDirectory run;
  for (const char* text : {"", "[", "{}", "3", "[1]", "[{\"start\": 1}]", "[{\"start\": \"x\"}]"}) {
    INFO(text);
    std::ofstream(run.path() + "/sessions.json") << text;
    CHECK_FALSE(read_sessions(run.path()));
  }
}
