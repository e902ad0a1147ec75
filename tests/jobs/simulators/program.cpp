// Programs that stay alive: what they may do wrong, and that the points around it are good.
#include <csignal>

#include "tests/jobs/simulators/watch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

std::string job(const std::string& vice, const std::string& options = "timeout: 10s") {
  return "{type: program, command: \"/usr/bin/python3 " UMBRA_SOURCE_DIR "/tests/simulators/evil_program.py " + vice + " " + mark + "\", " + options + "}";
}

}  // namespace

TEST_CASE("a program answers point after point, in one process") {
  auto model = make_model(job("good"));
  REQUIRE(model->columns().size() == 2);
  CHECK(model->columns()[1].unit == "1");
  const double pid = ask(*model, {1}).row[1];
  for (int i = 0; i < 50; ++i) {
    const Answered a = ask(*model, {0.1 * i});
    CHECK(a.status == Status::ok);
    CHECK(a.row == std::vector<double>{2 * (0.1 * i), pid});
  }
  model.reset();
  CHECK(marked().empty());
}

TEST_CASE("every vice of a program is the status of its point alone") {
  struct Vice {
    std::string name, options;
    Status status;
    std::string says;
    bool goes_on;  // in the same process
  };
  const Vice vices[] = {{"unphysical", "timeout: 10s", Status::unphysical, "a tachyon", true},
                        {"nan", "timeout: 10s", Status::not_finite, "double is NaN", true},
                        {"wrong_id", "timeout: 10s", Status::protocol_error, "for point", false},
                        {"few", "timeout: 10s", Status::protocol_error, "1 values for 2 columns", false},
                        {"segfault", "timeout: 10s", Status::signal, "signal 11", false},
                        {"exit", "timeout: 10s", Status::exit_code, "exit code 3 giving up", false},
                        {"leave", "timeout: 10s", Status::protocol_error, "without an answer", false},
                        {"deaf", "timeout: 200ms", Status::timeout, "longer than", false},
                        {"late", "timeout: 300ms", Status::timeout, "longer than", false},
                        {"close", "timeout: 10s", Status::protocol_error, "closed its output", false},
                        {"garbage", "timeout: 10s", Status::protocol_error, "just kidding", false},
                        {"flood", "timeout: 20s", Status::output_too_large, "end of a line", false},
                        {"eat", "timeout: 20s, memory: 100MB", Status::out_of_memory, "memory", false},
                        {"half", "timeout: 10s", Status::protocol_error, "without an answer", false},
                        {"twice", "timeout: 10s", Status::protocol_error, "more than one answer", false}};
  for (const Vice& vice : vices) {
    INFO(vice.name);
    auto model = make_model(job(vice.name, vice.options));
    for (const bool begun : {false, true}) {
      const double before = ask(*model, {begun ? 1.0 : 5.0}).row[1];
      const Answered a = ask(*model, {5});
      INFO(a.message);
      CHECK(name(a.status) == name(vice.status));
      std::string said = a.message;
      said.erase(std::remove(said.begin(), said.end(), ':'), said.end());
      CHECK(said.find(vice.says) != std::string::npos);
      if (vice.status != Status::ok) CHECK(std::isnan(a.row[0]));
      const Answered next = ask(*model, {2});
      CHECK(next.status == Status::ok);
      CHECK(next.row[0] == 4);
      if (begun) CHECK((next.row[1] == before) == vice.goes_on);
      CHECK(marked("1000." + mark).empty());
    }
  }
  CHECK(marked().empty());
}

TEST_CASE("a program that dies between answers, or answers again too late, spoils no point") {
  for (const char* vice : {"mortal", "late_twin"}) {
    INFO(vice);
    auto model = make_model(job(vice));
    for (int i = 0; i < 14; ++i) {
      const Answered a = ask(*model, {i % 5 == 4 ? 5.0 : i});
      INFO(a.message);
      CHECK(a.status == Status::ok);
      CHECK(a.row[0] == (i % 5 == 4 ? 10.0 : 2.0 * i));
    }
  }
}

TEST_CASE("a program that cannot begin is a fault of the job file") {
  CHECK(faults_of(job("banner")).find("'Welcome to the simulator") != std::string::npos);
  CHECK(faults_of(job("future")).find("version 2 of the protocol") != std::string::npos);
  CHECK(faults_of(job("stillborn")).find("no licence found") != std::string::npos);
  CHECK(faults_of(job("dumb", "start_timeout: 100ms")).find("longer than") != std::string::npos);
  CHECK(faults_of("{type: program, command: no-such-program}").find("not on the PATH") != std::string::npos);
  CHECK(faults_of("{type: program, comand: x}").find("did you mean 'command'") != std::string::npos);
  CHECK(marked().empty());
}

TEST_CASE("a program that is killed from outside is started again") {
  auto model = make_model(job("good"));
  const Answered first = ask(*model, {3});
  kill(static_cast<pid_t>(first.row[1]), SIGKILL);
  const Answered second = ask(*model, {4});
  CHECK(second.status == Status::ok);
  CHECK(second.row[0] == 8);
  CHECK(second.row[1] != first.row[1]);
}
