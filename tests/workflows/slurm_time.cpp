#include "workflows/slurm_time.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("time limits are read as Slurm reads them") {
  const std::pair<const char*, double> limits[] = {{"90", 5400},        {"90:30", 5430},          {"12:00:00", 43200},        {"1-12", 129600},
                                                   {"1-12:30", 131400}, {"1-12:30:15", 131415},   {"0-1", 3600}};
  for (const auto& [text, seconds] : limits) {
    INFO(text);
    const auto time = parse_slurm_time(text);
    REQUIRE(time);
    CHECK(time->text == text);
    CHECK(time->seconds == seconds);
  }
  for (const char* text : {"UNLIMITED", "unlimited", "infinite", "0"}) {
    INFO(text);
    REQUIRE(parse_slurm_time(text));
    CHECK(std::isinf(parse_slurm_time(text)->seconds));
  }
}

TEST_CASE("durations with a unit become time limits that Slurm takes") {
  CHECK(parse_slurm_time("60s")->text == "00:01:00");
  CHECK(parse_slurm_time("2h")->text == "02:00:00");
  CHECK(parse_slurm_time("1.5h")->text == "01:30:00");
  CHECK(parse_slurm_time("2d")->text == "2-00:00:00");
  CHECK(parse_slurm_time("2d")->seconds == 172800);
}

TEST_CASE("what is no time limit is none") {
  for (const char* text : {"", "soon", "1:2:3:4", "1-", "-5", "1-2-3", "1.5", "1:x", "1e3", "5ms", "-2h", "1:2h"}) {
    INFO(text);
    CHECK_FALSE(parse_slurm_time(text));
  }
}
