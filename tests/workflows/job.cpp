#include "workflows/job.h"

#include "io/yaml.h"
#include "src/base/error.h"
#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("a job file is read with its overrides") {
  Faults faults;
  const Job job = Job::read("name: a\nseed: 7\nworkflow: scan\nstop: {evaluations: 100, remaining_evidence: 0.01}\noutput: {save_every: 5s}\n", "job.yaml", {"stop.evaluations=250", "failures.budget=0.1"}, faults);
  CHECK(faults.empty());
  CHECK(job.seed == 7);
  CHECK(*job.stop.evaluations == 250);
  CHECK(job.stop_rest.find("remaining_evidence"));
  CHECK(job.output.directory == "runs/a");
  CHECK(job.output.save_every.value == 5);
  CHECK(job.failures.budget == 0.1);
}

TEST_CASE("faults of a job file carry line and column") {
  Faults faults;
  Job::read("name: a\nseed: many\nstop: {evaluations: 0}\noutput: {directroy: x}\nname: b\n", "job.yaml", {}, faults);
  const std::string report = faults.report("job.yaml");
  INFO(report);
  CHECK(report.find("job.yaml:2:7:") != std::string::npos);
  CHECK(report.find("job.yaml:3:") != std::string::npos);
  CHECK(report.find("did you mean 'directory'?") != std::string::npos);
  CHECK(report.find("a second time") != std::string::npos);
}

TEST_CASE("text that is no YAML is refused with its place") {
  Faults faults;
  CHECK_THROWS_WITH(Job::read("a: [1, 2\nb: 3", "job.yaml", {}, faults), Catch::Contains("job.yaml:"));
  CHECK_THROWS_AS(Job::read("just words", "job.yaml", {}, faults), UserError);
  CHECK_THROWS_AS(Job::read("name: a", "job.yaml", {"no equals sign"}, faults), UserError);
}

TEST_CASE("only what may not change counts as a difference between two jobs") {
  Faults faults;
  const Config earlier = parse_yaml("seed: 1\nsampler: {type: random}\nstop: {evaluations: 5}", "a", faults);
  CHECK(differences(earlier, parse_yaml("seed: 1\nsampler: {type: random}\nstop: {evaluations: 9}\noutput: {save_every: 1s}", "b", faults)).empty());
  const auto found = differences(earlier, parse_yaml("seed: 2\nsampler: {type: sobol, n: 1}", "c", faults));
  REQUIRE(found.size() == 3);
  CHECK(found[1] == "seed: was 1, is 2");
}

TEST_CASE("a tree written as YAML is read back the same") {
  Faults faults;
  const std::string text = "a: 'x: y'\nb: [1, 2, {c: true}]\nd: {e: \"\", f: [[1, 2], [3]]}\n";
  const Config tree = parse_yaml(text, "t", faults);
  CHECK(differences(tree, parse_yaml(write_yaml(tree), "t", faults)).empty());
  CHECK(parse_yaml(write_yaml(tree), "t", faults).find("d")->find("f")->elements().size() == 2);
}

TEST_CASE("a fault of an override names the override") {
  Faults faults;
  Job::read("name: a\nseed: 7\n", "job.yaml", {"seed=abc", "output.directroy=x", "stop.evaluations="}, faults);
  const std::string report = faults.report("job.yaml");
  INFO(report);
  CHECK(faults.size() == 3);
  CHECK(report.find("job.yaml:") == std::string::npos);
  for (const char* words : {"override seed: job: seed: expected a whole number", "override output.directroy: output: unknown key", "override stop.evaluations: stop: evaluations"})
    CHECK(report.find(words) != std::string::npos);
}

TEST_CASE("YAML that only looks like a job file is refused, with its place") {
  Faults faults;
  CHECK_THROWS_WITH(parse_yaml("a: 1\nb: caf\xE9", "job.yaml", faults), Catch::Contains("job.yaml:2:7: the byte 0xE9 is not UTF-8"));
  CHECK_THROWS_WITH(parse_override("caf\xE9", "override name", faults), Catch::Contains("override name:1:4:"));
  REQUIRE(faults.empty());
  parse_yaml("a: 1\n---\nb: 2\n", "job.yaml", faults);
  parse_yaml("a: &x [1, *x]", "job.yaml", faults);
  parse_yaml("a: &x {b: {c: *x}}", "job.yaml", faults);
  REQUIRE(faults.size() == 3);
  CHECK(faults.all()[0].mark.line == 3);
  CHECK(faults.all()[0].text.find("second document") != std::string::npos);
  CHECK(faults.all()[1].text.find("contains itself") != std::string::npos);
  Faults none;  // an alias beside its anchor, and one twice, are as good as copies
  CHECK(parse_yaml("a: &x [1]\nb: [*x, *x]", "job.yaml", none).find("b")->elements()[1].elements().size() == 1);
  CHECK(none.empty());
}
