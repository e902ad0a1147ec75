#include "src/base/options.h"

#include <map>

#include "src/base/registry.h"
#include "src/base/text.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

struct Settings {
  std::size_t particles = 40;
  double inertia = 0.7;
  std::string topology = "ring";
  Seconds patience{60};
  Range box{0, 1};
  std::optional<double> target;

  static OptionSet<Settings> options() {
    OptionSet<Settings> o;
    o.add("particles", &Settings::particles, "number of particles", at_least(4));
    o.add("inertia", &Settings::inertia, "inertia", between(0, 1));
    o.add("topology", &Settings::topology, "who informs whom", one_of({"ring", "random"}));
    o.add("patience", &Settings::patience, "how long to wait");
    o.add("box", &Settings::box, "where");
    o.add("target", &Settings::target, "when to stop");
    return o;
  }
};

Config map(std::vector<std::pair<std::string, Config>> entries) {
  Config c = Config::map({}, {1, 1});
  int line = 2;
  for (auto& [key, value] : entries) c.set(key, value, {line++, 1});
  return c;
}

}  // namespace

TEST_CASE("options are read with their units; what is absent keeps its default") {
  Faults faults;
  const Settings s = Settings::options().read(map({{"particles", "100"}, {"patience", "2min"}, {"box", Config::list({"-1", "1e3"})}, {"target", "-0.5"}}), faults, "sampler test");
  CHECK(faults.empty());
  CHECK(s.particles == 100);
  CHECK(s.inertia == 0.7);
  CHECK(s.patience.value == 120);
  CHECK(s.box.high == 1000);
  CHECK(s.target == -0.5);
}

TEST_CASE("every fault of the options is reported at once, with what would be right") {
  Faults faults;
  Settings::options().read(map({{"partciles", "100"}, {"inertia", "2"}, {"topology", "star"}, {"patience", "soon"}, {"box", Config::list({"3", "1"})}, {"target", Config::list({})}}), faults,
                           "sampler test");
  const std::string report = faults.report("job.yaml");
  CHECK(faults.size() == 6);
  CHECK(report.find("job.yaml:2:1: sampler test: unknown key 'partciles', did you mean 'particles'?") != std::string::npos);
  CHECK(report.find("between 0 and 1") != std::string::npos);
  CHECK(report.find("ring, random") != std::string::npos);
  CHECK(report.find("a duration") != std::string::npos);
  CHECK(report.find("upside down") != std::string::npos);
  CHECK_THROWS_AS(faults.throw_if_any("job.yaml"), UserError);
}

TEST_CASE("numbers out of an option's range and fractions for whole numbers are faults") {
  for (const char* bad : {"3", "4.5", "-1", "many", "1e30"}) {
    Faults faults;
    Settings::options().read(map({{"particles", bad}}), faults, "x");
    INFO(bad);
    CHECK(faults.size() == 1);
  }
}

TEST_CASE("durations and sizes") {
  CHECK(parse_duration("90") == 90);
  CHECK(parse_duration("1.5h") == 5400);
  CHECK(parse_duration("20ms") == Approx(0.02));
  CHECK(parse_duration("1-12:00:00") == 129600);
  CHECK(parse_duration("10:00") == 600);
  CHECK_FALSE(parse_duration("5 parsecs"));
  CHECK_FALSE(parse_duration(""));
  CHECK(parse_bytes("2GB") == 2e9);
  CHECK(parse_bytes("1 GiB") == 1073741824.0);
  CHECK_FALSE(parse_bytes("GB"));
  CHECK(parse_number("+1e-3") == 1e-3);
  CHECK_FALSE(parse_number("nan"));
  CHECK_FALSE(parse_number("1.0x"));
}

TEST_CASE("the nearest name is suggested only where one is near") {
  CHECK(nearest("partcle_swarm", {"particle_swarm", "grid"}) == "particle_swarm");
  CHECK(nearest("zzz", {"particle_swarm", "grid"}).empty());
  CHECK(suggestion("zzz", {"a_long_name", "another"}) == "; known: a_long_name, another");
}

TEST_CASE("a path of keys is set in a tree, making maps on the way") {
  Config c = map({{"stop", map({{"evaluations", "5"}})}});
  c.set_path("stop.evaluations", "7");
  c.set_path("output.directory", "runs/x");
  CHECK(c.find("stop")->find("evaluations")->text() == "7");
  CHECK(c.find("output")->find("directory")->text() == "runs/x");
  CHECK_THROWS_AS(c.set_path("stop.evaluations.x", "1"), UserError);
}

TEST_CASE("numbers are finite, and whole ones are exact to 64 bits") {
  for (const auto& [key, bad] : std::map<std::string, std::string>{{"target", "inf"}, {"inertia", "-inf"}, {"patience", "1e999s"}}) {
    Faults faults;
    Settings::options().read(map({{key, Config(bad)}}), faults, "x");
    INFO(key);
    CHECK(faults.size() == 1);
  }
  Faults faults;
  CHECK(Settings::options().read(map({{"particles", "9007199254740993"}}), faults, "x").particles == 9007199254740993u);
  CHECK(faults.empty());
  Settings::options().read(map({{"particles", "18446744073709551616"}}), faults, "x");
  REQUIRE(faults.size() == 1);
  CHECK(faults.all()[0].text.find("out of range") != std::string::npos);
}

TEST_CASE("a fault of an override names it instead of a place in the job file") {
  Faults faults;
  faults.add({3, 1, ""}, "b");
  faults.add({1, 1, "override seed"}, "a");
  CHECK(faults.report("job.yaml") == "job.yaml:3:1: b\noverride seed: a");
}

TEST_CASE("bytes that are not UTF-8 are found") {
  for (const char* good : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC \xF0\x9F\x98\x80"}) CHECK(find_invalid_utf8(good) == std::string_view::npos);
  CHECK(find_invalid_utf8("caf\xE9") == 3);
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xE0\x80\x80"}) CHECK(find_invalid_utf8(bad) == 0);
}
