// Whatever a simulator does, its point gets a status, nothing that it started stays, and the next point is good.
#include <sys/wait.h>

#include <csignal>

#include "jobs/simulators/external.h"
#include "jobs/simulators/guard.h"
#include "tests/jobs/simulators/watch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

std::string job(const std::string& command, const std::string& options = "") {
  return "{type: external, steps: [{name: spectrum, command: \"" + command + "\", outputs: {m_h: {slha: MASS 25, file: out.slha}}, " + options + "}]}";
}

struct Vice {
  std::string arguments, options;
  Status status;
  std::string says;
};

const std::string quick = "timeout: 150ms, memory: 150MB, max_output: 2MB";
const std::string patient = "timeout: 30s, memory: 150MB, max_output: 2MB";  // ends by itself, also on a busy machine

const std::vector<Vice> vices = {
    {"good out.slha", patient, Status::ok, ""},
    {"hang out.slha", quick, Status::timeout, "longer than 0.15 s"},
    {"deaf out.slha", quick, Status::timeout, "longer"},
    {"spin out.slha", "timeout: 60s, cpu_time: 100ms", Status::timeout, "CPU time"},
    {"segfault out.slha", patient, Status::signal, "signal 11"},
    {"abort out.slha", patient, Status::signal, "terminate called after a cosmic ray"},
    {"allocate out.slha", "timeout: 60s, memory: 100MB", Status::out_of_memory, "100 MB"},
    {"flood out.slha", "timeout: 60s, max_output: 2MB", Status::output_too_large, "2 MB"},
    {"flood out.slha stubborn", "timeout: 60s, max_output: 2MB", Status::output_too_large, "2 MB"},
    {"exit 3", patient, Status::exit_code, "exit code 3: no convergence"},
    {"silent out.slha", patient, Status::no_output, "out.slha"},
    {"half out.slha", patient, Status::parse_error, "no entry MASS 25"},
    {"empty out.slha", patient, Status::parse_error, "no entry MASS 25"},
    {"nan out.slha", patient, Status::not_finite, "m_h is nan"},
    {"words out.slha", patient, Status::parse_error, "'heavy', not a number"},
    {"stars out.slha", patient, Status::parse_error, "not a number"},
    {"pipe out.slha", patient, Status::no_output, "out.slha"},
    {"orphan out.slha", patient, Status::ok, ""},
    {"daemon out.slha", patient, Status::ok, ""},
    {"clan out.slha", quick, Status::timeout, "longer"},
};

}  // namespace

TEST_CASE("every vice of a simulator is a status, and no process is left") {
  for (const std::string shell : {"", "true && "}) {
    for (const Vice& vice : vices) {
      if (!shell.empty() && vice.status == Status::timeout && vice.says == "longer") continue;
      INFO(shell << vice.arguments);
      auto model = make_model(job(shell + evil + " " + vice.arguments + " " + mark, vice.options));
      const Answered a = ask(*model);
      CHECK(name(a.status) == name(vice.status));
      CHECK(a.message.find(vice.says) != std::string::npos);
      INFO(a.message);
      if (vice.status != Status::ok && shell.empty()) CHECK(a.message.find("test_evil") != std::string::npos);
      if (vice.status == Status::ok) CHECK(a.row[0] == 125.0);
      else CHECK(std::isnan(a.row[0]));
      CHECK(marked().empty());
      CHECK(descendants(getpid()).size() == 1);  // the guard
    }
  }
  CHECK(descendants(getpid()).empty());
}

TEST_CASE("a program that cannot be started is start_failed") {
  Folder folder;
  folder.write("tool", "#!/nowhere/interpreter\n");
  std::filesystem::permissions(folder.path + "/tool", std::filesystem::perms::owner_all);
  const Answered a = ask(*make_model(job(folder.path + "/tool")));
  CHECK(a.status == Status::start_failed);
  CHECK(a.message.find("No such file") != std::string::npos);
  CHECK(ask(*make_model(job("true && nonsuch-program"))).status == Status::start_failed);
}

TEST_CASE("a bad point does not touch the next one") {
  auto model = make_model("{type: external, steps: [{name: s, command: \"" + evil + " $(test {{x}} = 1 && echo good || echo silent) out.slha\"," +
                          "outputs: {m_h: {slha: MASS 25, file: out.slha}}}]}");
  for (int i = 0; i < 6; ++i) CHECK(ask(*model, {i % 2 == 0 ? 1.0 : 2.0}).status == (i % 2 == 0 ? Status::ok : Status::no_output));
}

TEST_CASE("a child inherits no descriptor but the standard ones") {
  const int open_here = dup(1), pipe_here = dup(2);
  const Answered a = ask(*make_model(job(evil + " descriptors out.slha")));
  close(open_here);
  close(pipe_here);
  CHECK(a.status == Status::ok);
  CHECK(a.row[0] == 0.0);
}

TEST_CASE("killing a rank ends its simulators, detached ones too, and removes its scratch folder") {
  for (const std::string vice : {"clan", "deaf"}) {
    Folder folder;
    const std::string word = "rank-" + vice + "-" + std::to_string(getpid());
    const pid_t rank = fork();
    REQUIRE(rank >= 0);
    if (rank == 0) {
      setenv("TMPDIR", folder.path.c_str(), 1);
      unsetenv("SLURM_TMPDIR");
      ask(*make_model(job(evil + " " + vice + " out.slha " + word, "timeout: 60s")));
      _exit(0);
    }
    const std::size_t expected = vice == "clan" ? 11 : 1;
    CHECK(soon(5.0, [&] { return marked(word).size() >= expected; }));
    CHECK_FALSE(std::filesystem::is_empty(folder.path));
    kill(rank, SIGKILL);
    CHECK(waitpid(rank, nullptr, 0) == rank);
    CHECK(soon(5.0, [&] { return marked(word).empty() && std::filesystem::is_empty(folder.path); }));
  }
}

TEST_CASE("a guard that is killed takes its simulator along, and another one takes its place") {
  auto model = make_model(job(evil + " $(test {{x}} = 1 && echo good || echo hang) out.slha " + mark, "timeout: 60s"));
  CHECK(ask(*model).status == Status::ok);
  const std::vector<pid_t> guards = descendants(getpid());
  REQUIRE(guards.size() == 1);
  std::thread killer([&] {
    soon(5.0, [] { return !marked("hang out.slha " + mark).empty() || marked().size() > 1; });
    kill(guards[0], SIGKILL);
  });
  const Answered a = ask(*model, {2.0});
  killer.join();
  CHECK(a.status == Status::start_failed);
  CHECK(a.message.find("guard") != std::string::npos);
  CHECK(marked().empty());
  CHECK(ask(*model).status == Status::ok);
}
