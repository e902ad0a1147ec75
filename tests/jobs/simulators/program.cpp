// Programs that stay alive: what they may do wrong, and that the points around it are good.
#include <atomic>
#include <csignal>

#include "jobs/working_directory.h"
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

TEST_CASE("a guard that is killed ends the wait for a program that has detached itself from it") {
  // The shell is the guard's child and dies with it; Python is not, holds the pipe and has no variable that tells whose it is.
  for (const std::string clean : {"", "env -i "}) {
    INFO(clean);
    auto model = make_model("{type: program, command: \"" + clean + "/usr/bin/python3 " UMBRA_SOURCE_DIR "/tests/simulators/evil_program.py deaf " + mark + "; true\", timeout: 60s}");
    const std::vector<pid_t> children = descendants(getpid());
    REQUIRE_FALSE(children.empty());
    std::atomic<bool> answered{false};
    std::thread killer([&] {
      soon(10.0, [] { return !marked("1000." + mark).empty(); });
      kill(children[0], SIGKILL);
      if (soon(10.0, [&] { return answered.load(); })) return;
      for (const pid_t p : marked()) kill(p, SIGKILL);
    });
    const auto begin = std::chrono::steady_clock::now();
    const Answered a = ask(*model, {5});
    answered = true;
    killer.join();
    CHECK(a.status == Status::start_failed);
    CHECK(a.message.find("guard") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    for (const pid_t p : marked()) kill(p, SIGKILL);  // what nothing can find
    CHECK(ask(*model, {2}).row[0] == 4);
  }
}

TEST_CASE("a program has CPU time for each answer, is asked again where wanted, and its failed points are kept") {
  auto model = make_model(job("burn", "timeout: 60s, cpu_time: 300ms"));
  for (int i = 0; i < 8; ++i) CHECK(ask(*model, {4}).status == Status::ok);  // 100 ms each
  const Answered a = ask(*model, {5});
  CHECK(a.status == Status::timeout);
  CHECK(a.message.find("0.3 s of CPU time") != std::string::npos);
  CHECK(ask(*model, {2}).row[0] == 4);

  Folder folder;
  working_directory().run = folder.path;
  const std::string once = "once " + folder.path + "/tries";
  CHECK(ask(*make_model(job(once)), {5}).status == Status::exit_code);
  std::filesystem::remove(folder.path + "/tries");
  CHECK(ask(*make_model(job(once, "retries: 1, timeout: 10s")), {5}).row[0] == 10);
  model = make_model(job("exit", "keep_failed: 1, timeout: 10s"));
  for (int i = 0; i < 2; ++i) CHECK(ask(*model, {5}).status == Status::exit_code);
  working_directory() = {};
  std::vector<std::string> kept;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path + "/failed")) kept.push_back(entry.path());
  REQUIRE(kept.size() == 1);
  std::ifstream point(kept[0] + "/point.txt"), errors(kept[0] + "/stderr");
  std::string text(std::istreambuf_iterator<char>(point), {}), printed(std::istreambuf_iterator<char>(errors), {});
  CHECK(text.find("status: exit_code\n") == 0);
  CHECK(text.find("\nx: 5\nseed: ") != std::string::npos);
  CHECK(printed == "giving up\n");
}
