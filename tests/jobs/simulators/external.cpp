// Chains of programs, as docs/simulators.md describes them.
#include "jobs/simulators/external.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <sstream>

#include "jobs/working_directory.h"
#include "tests/jobs/simulators/watch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

// Points the job file's folder and the run directory at a folder of the test.
struct Job : Folder {
  Job() { working_directory() = {path, path + "/run"}; }
  ~Job() { working_directory() = {}; }
};

std::string read(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a chain hands files and numbers on") {
  Job job;
  job.write("base.slha", "Block MINPAR\n 3 10 # tan beta\n");
  job.write("spectrum.sh", "#!/bin/sh\nawk '$1==3{t=$2} $1==1{m=$2} END{printf \"Block MASS\\n 25 %.8E # h\\n 36 %s\\n\",m+t,m}' in.slha > out.slha\n");
  std::filesystem::permissions(job.path + "/spectrum.sh", std::filesystem::perms::owner_all);
  auto model = make_model(R"({type: external, steps: [
    {name: spectrum, command: ./spectrum.sh, inputs: {in.slha: {template: base.slha, slha: {"EXTPAR 1": M1, "MINPAR 3": 2*tanb, "MODSEL 5": 0}}},
     outputs: {m_h: {slha: MASS 25, file: out.slha, unit: GeV, label: m_h}, m_A: {slha: MASS 36, file: out.slha}, br: {slha: "DECAY 25 -> 5 -5", file: out.slha, missing: 0}}},
    {name: flavour, when: "m_h > 120", command: "echo Omega = {{ m_h/1000 | %.4f }} > omega.txt; cat out.slha in.slha; false",
     outputs: {omega: {regex: 'Omega = (.*)', file: omega.txt}, shown: {slha: MASS 25, file: stdout}}, exit_codes: [0, 1]},
    {name: last, when: "omega > 0.13", command: cat, inputs: {}, outputs: {nothing: {regex: x, file: stdout, missing: -1}}}]})",
                          {"M1", "tanb"});
  REQUIRE(model->columns().size() == 6);
  CHECK(model->columns()[0].unit == "GeV");

  Answered a = ask(*model, {100, 20});
  CHECK(a.status == Status::ok);
  INFO(a.message);
  CHECK(a.row == std::vector<double>{140, 100, 0, 0.14, 140, -1});

  a = ask(*model, {100.0, 12.5});  // omega = 0.125: the last step is not run
  CHECK(a.status == Status::skipped);
  CHECK(a.message.find("last was not run: omega > 0.13") != std::string::npos);
  CHECK(a.row[3] == 0.125);
  CHECK(std::isnan(a.row[5]));

  a = ask(*model, {50, 1});
  CHECK(a.status == Status::skipped);
  CHECK(a.row[0] == 52);
  CHECK(std::isnan(a.row[3]));

  const auto& reports = dynamic_cast<const External&>(*model).reports();
  CHECK(reports[0].runs == 3);
  CHECK(reports[1].skipped == 1);
  CHECK(reports[2].runs == 1);
  CHECK(reports[0].outputs_found == std::vector<std::uint64_t>{3, 3, 0});
  CHECK(reports[0].seconds.size() == 3);
}

TEST_CASE("a skipped step in the middle leaves NaN, and the point is ok where a later one runs") {
  auto model = make_model(R"({type: external, times: true, steps: [
    {when: "x > 0", command: echo 1, outputs: {a: {csv: 0, file: stdout}}},
    {when: "x <= 0", command: echo 2, outputs: {b: {csv: 0, file: stdout}}}]})");
  const Answered minus = ask(*model, {-1.0}), plus = ask(*model, {1.0});
  CHECK(minus.status == Status::ok);
  CHECK(std::isnan(minus.row[0]));
  CHECK(minus.row[1] == 2);
  CHECK(model->columns()[3].name == "time_step2");
  CHECK(model->columns()[3].role == Role::bookkeeping);
  CHECK(std::isnan(minus.row[2]));
  CHECK(minus.row[3] > 0);
  CHECK(plus.status == Status::skipped);
  CHECK(plus.row[0] == 1);
  // An output may be called as a step's time would be.
  CHECK(make_model("{type: external, times: true, steps: [{name: a, command: echo 1, outputs: {time_a: {csv: 0, file: stdout}}}]}")->columns()[1].name == "time_a_");
}

TEST_CASE("a tool's own words make a point unphysical") {
  const std::string outputs = "outputs: {m_h: {slha: MASS 25, file: out.slha}}";
  const auto status = [&](const std::string& vice, const std::string& rule) {
    return ask(*make_model("{type: external, steps: [{command: \"" + evil + " " + vice + "\", " + outputs + ", unphysical_if: " + rule + "}]}"));
  };
  const Answered softsusy = status("spinfo out.slha", "{spinfo: 4, file: out.slha}");
  CHECK(softsusy.status == Status::unphysical);
  CHECK(softsusy.message.find("Stop tachyon") != std::string::npos);
  CHECK(status("spinfo out.slha", "{spinfo: 3, file: out.slha}").status == Status::exit_code);
  CHECK(status("silent", "{no_output: out.slha}").status == Status::unphysical);
  CHECK(status("segfault", "{no_output: out.slha}").status == Status::signal);
  CHECK(status("exit 3", "{exit_code: [2, 3]}").status == Status::unphysical);
  CHECK(status("exit 4", "[{exit_code: 2}, {pattern: no conv, file: stderr}]").status == Status::unphysical);
  CHECK(status("exit 4", "[{exit_code: 2}, {pattern: no xconv, file: stderr}]").status == Status::exit_code);
  CHECK(status("good", "{pattern: ., file: stderr}").status == Status::ok);
  CHECK_FALSE(is_failure(Status::unphysical));
}

TEST_CASE("a step that failed is tried again where asked, from clean files") {
  Job job;
  const std::string command = "echo x >> " + job.path + "/tries; test $(wc -l < " + job.path + "/tries) -ge 3 && echo 5 > out.txt";
  const auto model = [&](int retries) {
    return make_model("{type: external, steps: [{command: \"" + command + "\", retries: " + std::to_string(retries) + ", outputs: {a: {csv: 0, file: out.txt}}}]}");
  };
  CHECK(ask(*model(1)).status == Status::exit_code);
  std::filesystem::remove(job.path + "/tries");
  const Answered a = ask(*model(2));
  CHECK(a.status == Status::ok);
  CHECK(a.row[0] == 5);
  // What the first try left is not taken for the result of the second.
  std::filesystem::remove(job.path + "/tries");
  const std::string sloppy = "echo x >> " + job.path + "/tries; test $(wc -l < " + job.path + "/tries) -ge 2 || { echo 7 > out.txt; exit 1; }";
  CHECK(ask(*make_model("{type: external, steps: [{command: '" + sloppy + "', retries: 1, outputs: {a: {csv: 0, file: out.txt}}}]}")).status == Status::no_output);
}

TEST_CASE("a program that writes beside itself gets a private copy of its folder") {
  Job job;
  std::filesystem::create_directories(job.path + "/tool/data");
  job.write("tool/data/table", "40\n");
  job.write("tool/run.sh", "#!/bin/sh\ntest $(cat in.txt) = 2 || { cat in.txt data/table > out.txt; echo more >> data/table; }\n");
  std::filesystem::permissions(job.path + "/tool/run.sh", std::filesystem::perms::owner_all);
  auto model = make_model(R"({type: external, steps: [{name: first, command: "echo {{x}} > value.txt", outputs: {v: {csv: 0, file: value.txt}}},
    {name: tool, copy: tool, command: ./run.sh, inputs: {in.txt: {from: value.txt}}, outputs: {sum: {csv: 0, row: 1, file: out.txt}}},
    {name: after, command: "cat got.txt", inputs: {got.txt: {from: out.txt}}, outputs: {again: {csv: 0, row: 1, file: stdout}}}]})");
  const Answered a = ask(*model);
  INFO(a.message);
  CHECK(a.status == Status::ok);
  CHECK(a.row == std::vector<double>{1, 40, 40});
  CHECK(read(job.path + "/tool/data/table") == "40\n");
  // The file of the point before is gone, though the copy stays.
  CHECK(ask(*model, {2.0}).status == Status::no_output);
}

TEST_CASE("files of the first failed points are kept, all others go") {
  Job job;
  Folder scratch;
  setenv("TMPDIR", scratch.path.c_str(), 1);
  {
    auto model = make_model("{type: external, keep_failed: 2, steps: [{name: s, command: \"" + evil + " {{x}}\", inputs: {in.txt: {text: 'x is {{x}}'}}, outputs: {m_h: {slha: MASS 25, file: out.slha}}}]}");
    for (int i = 0; i < 4; ++i) CHECK(ask(*model, {0.25 * i}).status == Status::no_output);
  }
  unsetenv("TMPDIR");
  CHECK(std::filesystem::is_empty(scratch.path));
  std::vector<std::string> kept;
  for (const auto& entry : std::filesystem::directory_iterator(job.path + "/run/failed")) kept.push_back(entry.path());
  std::sort(kept.begin(), kept.end());
  REQUIRE(kept.size() == 2);
  CHECK(read(kept[1] + "/in.txt") == "x is 0.25");
  CHECK(read(kept[1] + "/point.txt").find("status: no_output\nmessage: s: test_evil left no file out.slha\nx: 0.25\nseed: ") == 0);
  CHECK(std::filesystem::exists(kept[0] + "/s.stderr"));
}

TEST_CASE("a point's seed is its own, and a step knows its cores and folders") {
  Job job;
  auto model = make_model(R"({type: external, steps: [{command: "echo {{seed}} $OMP_NUM_THREADS $(nproc); test $UMBRA_JOB = )" + job.path + R"( && test $UMBRA_SCRATCH = $PWD && test -z \"$OMPI_COMM_WORLD_RANK\"",
    cores: 2, outputs: {seed_: {csv: 0, file: stdout}, threads: {csv: 1, file: stdout}}}]})");
  setenv("OMPI_COMM_WORLD_RANK", "3", 1);
  const Answered a = ask(*model, {1.0}, 5), b = ask(*model, {1.0}, 6), c = ask(*model, {1.0}, 5);
  unsetenv("OMPI_COMM_WORLD_RANK");
  INFO(a.message);
  CHECK(a.status == Status::ok);
  CHECK(a.row[1] == 2);
  CHECK(a.row[0] == c.row[0]);
  CHECK(a.row[0] != b.row[0]);
}

TEST_CASE("every fault of a chain is told at once, with its place") {
  Job job;
  const std::string report = faults_of(R"(type: external
keep_faild: 3
steps:
  - {name: a, command: no-such-program in, when: "xx > 1", inputs: {in: {template: nowhere.slha, slha: {"25": x}}, ../up: {text: a}}, outputs: {m: {slha: MASS, file: o}, x: {csv: 0, file: o}}}
  - {name: a, command: ./missing.sh, outputs: {n: {csv: 1}}, timeout: soon, copy: nowhere, unphysical_if: {spinfo: 4, exitcode: 1}}
  - {command: "echo {{ y }}"}
)");
  INFO(report);
  for (const char* text : {"2:1: model external: unknown key 'keep_faild', did you mean 'keep_failed'?", "'no-such-program' is not on the PATH", "when:", "nowhere.slha", "'25' names no SLHA entry",
                           "'../up' is no file name", "the output x has the name of a parameter", "two steps are called a", "missing.sh", "'file' is missing", "timeout: expected a duration",
                           "copy: ", "unknown key 'exitcode', did you mean 'exit_code'?", "spinfo needs 'file'", "step 3: command"})
    CHECK(report.find(text) != std::string::npos);
  CHECK(faults_of("type: external").find("'steps' is missing") != std::string::npos);
  CHECK(faults_of("{type: external, steps: []}").find("list of steps") != std::string::npos);
  CHECK(faults_of("{type: external, steps: [{command: echo}]}").find("no step has outputs") != std::string::npos);
}

TEST_CASE("scratch lies on the node's own disk of a Slurm job, else in TMPDIR") {
  Folder slurm, other;
  setenv("SLURM_TMPDIR", slurm.path.c_str(), 1);
  setenv("TMPDIR", other.path.c_str(), 1);
  const std::string count = "echo $(ls " + slurm.path + " | wc -l) $(ls " + other.path + " | wc -l)";
  const std::string job = "{type: external, steps: [{command: '" + count + "', outputs: {a: {csv: 0, file: stdout}, b: {csv: 1, file: stdout}}}]}";
  const Answered both = ask(*make_model(job));
  unsetenv("SLURM_TMPDIR");
  const Answered one = ask(*make_model(job));
  unsetenv("TMPDIR");
  CHECK(both.row == std::vector<double>{1, 0});
  CHECK(one.row == std::vector<double>{0, 1});
  CHECK((std::filesystem::is_empty(slurm.path) && std::filesystem::is_empty(other.path)));
}

TEST_CASE("a scratch folder that fails is a status, not an exception") {
  setenv("TMPDIR", "/nowhere/at/all", 1);
  const Answered a = ask(*make_model("{type: external, steps: [{command: echo 1, outputs: {a: {csv: 0, file: stdout}}}]}"));
  unsetenv("TMPDIR");
  CHECK(a.status == Status::start_failed);
  CHECK(a.message.find("point TMPDIR") != std::string::npos);
}

TEST_CASE("a later step takes no file that an earlier point left in a private copy") {
  Job job;
  std::filesystem::create_directories(job.path + "/tool/deep");
  job.write("tool/shipped.txt", "7\n");
  job.write("tool/run.sh", "#!/bin/sh\necho 1\ntest $(cat in.txt) = 1 && mkdir -p deep/new && cp in.txt deep/new/spectrum.txt && cp in.txt shipped.txt\ntrue\n");
  std::filesystem::permissions(job.path + "/tool/run.sh", std::filesystem::perms::owner_all);
  for (const std::string file : {"deep/new/spectrum.txt", "shipped.txt"}) {
    INFO(file);
    auto model = make_model(R"({type: external, steps: [{name: tool, when: "x < 3", copy: tool, command: ./run.sh, inputs: {in.txt: {text: "{{ x }}"}}, outputs: {d: {csv: 0, file: stdout}}},
      {name: use, command: cat s.txt, inputs: {s.txt: {from: )" + file + R"(}}, outputs: {y: {csv: 0, file: stdout}}}]})");
    CHECK(ask(*model, {1.0}).row == std::vector<double>{1, 1});
    CHECK(ask(*model, {2.0}).status == Status::no_output);  // the tool wrote none
    CHECK(ask(*model, {1.0}).row == std::vector<double>{1, 1});
    CHECK(ask(*model, {3.0}).status == Status::no_output);  // the tool was not run
  }
}

TEST_CASE("a private copy keeps what cache names, and nothing else that is not of the original") {
  Job job;
  std::filesystem::create_directories(job.path + "/tool/work");
  job.write("tool/run.sh", "#!/bin/sh\nls -R | grep -c -e compiled -e litter > out.txt\nmkdir -p work/made litter.d\ntouch work/made/compiled litter work/litter litter.d/litter\ntrue\n");
  std::filesystem::permissions(job.path + "/tool/run.sh", std::filesystem::perms::owner_all);
  auto model = make_model("{type: external, steps: [{name: tool, copy: tool, cache: [work/made], command: ./run.sh, outputs: {found: {csv: 0, file: out.txt}}}]}");
  CHECK(ask(*model).row[0] == 0);
  CHECK(ask(*model).row[0] == 1);
  CHECK(faults_of("{type: external, steps: [{command: echo, cache: [a], outputs: {y: {csv: 0, file: stdout}}}]}").find("cache goes with copy") != std::string::npos);
}

TEST_CASE("a step that fails in its private copy spoils it for no other point") {
  Job job;
  std::filesystem::create_directory(job.path + "/tool");
  // Leaves a lock where it is ended; the shipped file counts the runs in one copy.
  job.write("tool/run.sh", "#!/bin/sh\ntest -e lock && exit 9\ntouch lock\necho x >> runs\ncase $1 in 2) sleep 100;; 3) exit 3;; 4) test $(wc -l < runs) = 1 || exit 4;; esac\nrm lock\nwc -l < runs\n");
  job.write("tool/runs", "");
  std::filesystem::permissions(job.path + "/tool/run.sh", std::filesystem::perms::owner_all);
  auto model = make_model("{type: external, steps: [{name: tool, copy: tool, command: './run.sh {{ x }}', timeout: 2s, outputs: {runs: {csv: 0, file: stdout}}}]}");
  CHECK(ask(*model, {1.0}).row[0] == 1);
  CHECK(ask(*model, {1.0}).row[0] == 2);
  CHECK(ask(*model, {2.0}).status == Status::timeout);
  CHECK(ask(*model, {1.0}).row[0] == 1);
  CHECK(ask(*model, {3.0}).message.find("exit code 3") != std::string::npos);
  CHECK(ask(*model, {1.0}).row[0] == 1);
  CHECK(ask(*model, {1.0}).row[0] == 2);
  // What fails only in a copy that was used is run again in a fresh one.
  CHECK(ask(*model, {4.0}).row[0] == 1);
  CHECK(ask(*model, {1.0}).row[0] == 2);
}

TEST_CASE("half a private copy is never used, and one of a folder that may not be written can be") {
  Job job;
  std::filesystem::create_directories(job.path + "/tool/closed");
  job.write("tool/closed/table", "7\n");
  REQUIRE(mkfifo((job.path + "/tool/pipe").c_str(), 0600) == 0);
  auto model = make_model("{type: external, steps: [{name: tool, copy: tool, command: 'cat closed/table || echo 8; echo 9 > closed/table', outputs: {y: {csv: 0, file: stdout}}}]}");
  for (int i = 0; i < 2; ++i) {
    const Answered a = ask(*model);
    CHECK(a.status == Status::start_failed);
    CHECK(a.message.find("tool/pipe is neither a file nor a folder") != std::string::npos);
  }
  std::filesystem::remove(job.path + "/tool/pipe");
  namespace fs = std::filesystem;
  fs::permissions(job.path + "/tool/closed/table", fs::perms::owner_read);
  fs::permissions(job.path + "/tool/closed", fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(ask(*model).row[0] == 7);
  CHECK(ask(*model).row[0] == 9);
  fs::permissions(job.path + "/tool/closed", fs::perms::owner_all);
}

TEST_CASE("what a program leaves can neither take the rank's memory nor throw") {
  const Answered sparse = ask(*make_model("{type: external, steps: [{command: truncate -s 8T o.txt, max_output: 0, outputs: {y: {csv: 0, file: o.txt}}}]}"));
  CHECK(sparse.status == Status::output_too_large);
  CHECK(sparse.message.find("o.txt has") != std::string::npos);
  CHECK(ask(*make_model("{type: external, steps: [{command: 'echo [1,2]', outputs: {y: {json: /99999999999999999999, file: stdout}}}]}")).status == Status::parse_error);
  const Answered endless = ask(*make_model("{type: external, steps: [{command: \"printf '%04000d\\n' 0\", unphysical_if: {pattern: '((0|1)*)*z'}, outputs: {y: {csv: 0, file: stdout}}}]}"));
  CHECK(endless.status == Status::parse_error);
  CHECK(endless.message.find("takes too long") != std::string::npos);
}

TEST_CASE("a folder that a program closed is opened again for the next point, and none stays") {
  Folder scratch;
  std::filesystem::permissions(scratch.path, std::filesystem::perms::all);
  // Only who is not root can be kept out.
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(9);
    setenv("TMPDIR", scratch.path.c_str(), 1);
    int wrong = 0;
    {
      Faults faults;
      auto model = ModelRegistry::instance().make(yaml("{type: external, steps: [{command: 'mkdir -p d/e && echo 1 > d/e/f && chmod 555 d/e && chmod 0 d && echo 1', outputs: {y: {csv: 0, file: stdout}}}]}"), faults,
                                                  ModelContext{{"x"}});
      for (int i = 0; i < 3; ++i) wrong += ask(*model).status != Status::ok;
    }
    _exit(wrong);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(soon(5.0, [&] { return std::filesystem::is_empty(scratch.path); }));
}

TEST_CASE("keeping the files of failed points changes no status, and keeps those of private copies") {
  Job job;
  std::filesystem::create_directory(job.path + "/tool");
  job.write("tool/big.txt", "shipped\n");
  const std::string step = "keep_failed: 1, steps: [{name: a, copy: tool, command: 'echo hello > debug.log; exit 3', inputs: {in.txt: {text: 'in'}}, outputs: {y: {csv: 0, file: stdout}}}]}";
  job.write("run", "no folder");
  auto model = make_model("{type: external, " + step);
  for (int i = 0; i < 2; ++i) CHECK(ask(*model).status == Status::exit_code);
  std::filesystem::remove(job.path + "/run");
  CHECK(ask(*make_model("{type: external, " + step)).status == Status::exit_code);
  const auto kept = std::filesystem::directory_iterator(job.path + "/run/failed")->path().string();
  CHECK(read(kept + "/copy-a/debug.log") == "hello\n");
  CHECK(read(kept + "/copy-a/in.txt") == "in");
  CHECK_FALSE(std::filesystem::exists(kept + "/copy-a/big.txt"));
}

TEST_CASE("a file may be handed on to its own name") {
  const Answered a = ask(*make_model(R"({type: external, steps: [{name: a, command: "echo 5 > s.txt", outputs: {y: {csv: 0, file: s.txt}}},
    {name: b, command: cat s.txt, inputs: {s.txt: {from: s.txt}}, outputs: {z: {csv: 0, file: stdout}}}]})"));
  INFO(a.message);
  CHECK(a.row == std::vector<double>{5, 5});
}

TEST_CASE("unphysical_if that says nothing is a fault, and no_output goes with every good exit code") {
  const auto job = [](const std::string& rule) { return "{type: external, steps: [{command: 'sh -c \"exit 1\"', exit_codes: [0, 1], outputs: {y: {csv: 0, file: o}}, unphysical_if: " + rule + "}]}"; };
  for (const char* nothing : {"{}", "{file: out.slha}", "{exit_code: []}", "[{exit_code: 3}, {}]"}) {
    INFO(nothing);
    CHECK(faults_of(job(nothing)).find("says of no point that it is unphysical") != std::string::npos);
  }
  CHECK(faults_of(job("{exit_code: 3, file: o}")).find("'file' goes with pattern or spinfo") != std::string::npos);
  CHECK(ask(*make_model(job("{no_output: o}"))).status == Status::unphysical);
}

TEST_CASE("a job's folder may have any name, and TMPDIR may be relative") {
  Job job;
  const std::string folder = job.path + "/R&D (it's $new) x";
  std::filesystem::create_directory(folder);
  working_directory().job = folder;
  std::ofstream(folder + "/tool.sh") << "#!/bin/sh\necho ${1:-7}\n";
  std::filesystem::permissions(folder + "/tool.sh", std::filesystem::perms::owner_all);
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(job.path);
  std::filesystem::create_directory("scratch");
  setenv("TMPDIR", "scratch", 1);
  for (const char* command : {"./tool.sh", "./tool.sh 7", "./tool.sh | cat", "./tool.sh > o && cat o"}) {
    const Answered a = ask(*make_model(std::string("{type: external, steps: [{command: '") + command + "', outputs: {y: {csv: 0, file: stdout}}}]}"));
    INFO(command << ": " << a.message);
    CHECK(a.row[0] == 7);
  }
  unsetenv("TMPDIR");
  std::filesystem::current_path(before);
}
