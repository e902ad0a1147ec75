// Models in shared libraries, in a process of their own and in this one.
#include "jobs/working_directory.h"
#include "tests/jobs/simulators/watch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

const std::string file = UMBRA_BINARY_DIR "/lib/libtest_plugin.so";

std::string job(const std::string& vice, const std::string& options = "timeout: 10s") {
  return "{type: library, file: " + file + ", parameters: [x, y], columns: {double: {unit: GeV}, " + vice + ": {}}, " + options + "}";
}

}  // namespace

TEST_CASE("a library is given the parameters that it asks for, in its order") {
  for (const std::string isolation : {"isolation: process", "isolation: none"}) {
    INFO(isolation);
    auto model = make_model(job("difference", isolation), {"y", "z", "x"});
    CHECK(model->columns()[0].unit == "GeV");
    for (int i = 0; i < 100; ++i) {
      const Answered a = ask(*model, {10, -1, 0.5 * i});
      CHECK(a.status == Status::ok);
      CHECK(a.row == std::vector<double>{1.0 * i, 10 - 0.5 * i});
    }
    CHECK(ask(*model, {10, -1, 5}).row[0] == 10);
  }
  CHECK(descendants(getpid()).empty());
}

TEST_CASE("both isolations give the same numbers, random ones too") {
  auto child = make_model(job("seed"), {"x", "y"}), here = make_model(job("seed", "isolation: none"), {"x", "y"});
  for (std::uint64_t id = 0; id < 10; ++id) CHECK(ask(*child, {0.1, 1}, id).row == ask(*here, {0.1, 1}, id).row);
  CHECK(ask(*child, {0.1, 1}, 1).row != ask(*child, {0.1, 1}, 2).row);
}

TEST_CASE("every vice of a library is the status of its point alone") {
  struct Vice {
    std::string name;
    Status status;
    std::string says;
  };
  for (const Vice& vice : {Vice{"segfault", Status::signal, "signal 11"}, Vice{"exit", Status::exit_code, "exit code 4"}, Vice{"hang", Status::timeout, "longer than"},
                           Vice{"nan", Status::not_finite, "nan is NaN"}, Vice{"strange", Status::protocol_error, "status 77"}, Vice{"unphysical", Status::unphysical, "a tachyon"}}) {
    INFO(vice.name);
    auto model = make_model(job(vice.name, vice.name == "hang" ? "timeout: 100ms" : "timeout: 10s"), {"x", "y"});
    for (int i = 0; i < 2; ++i) {
      const Answered a = ask(*model, {5, 1});
      CHECK(name(a.status) == name(vice.status));
      INFO(a.message);
      CHECK(a.message.find(vice.says) != std::string::npos);
      CHECK(ask(*model, {2, 1}).row == std::vector<double>{4, -1});
    }
  }
  CHECK(ask(*make_model(job("nan", "isolation: none"), {"x", "y"}), {5, 1}).status == Status::not_finite);
  CHECK(descendants(getpid()).empty());
}

TEST_CASE("a library has CPU time for each point, and its failed points are kept") {
  Folder folder;
  working_directory().run = folder.path;
  auto model = make_model(job("spin", "timeout: 60s, cpu_time: 200ms, retries: 1, keep_failed: 3"), {"x", "y"});
  for (int i = 0; i < 2; ++i) CHECK(ask(*model, {2, 1}).row == std::vector<double>{4, -1});
  const Answered a = ask(*model, {5, 1});
  working_directory() = {};
  CHECK(a.status == Status::timeout);
  CHECK(a.message.find("0.2 s of CPU time") != std::string::npos);
  std::ifstream point(std::filesystem::directory_iterator(folder.path + "/failed")->path() / "point.txt");
  const std::string text(std::istreambuf_iterator<char>(point), {});
  CHECK(text.find("\nx: 5\ny: 1\n") != std::string::npos);
}

TEST_CASE("a library that cannot be used is a fault of the job file") {
  CHECK(faults_of(job("a"), {"x"}).find("no parameter 'y'") != std::string::npos);
  for (const std::string isolation : {"process", "none"}) {
    CHECK(faults_of("{type: library, isolation: " + isolation + ", file: " + file + ", columns: [a, b]}", {"y", "x"}).find("it wants x and y") != std::string::npos);
    CHECK(faults_of("{type: library, isolation: " + isolation + ", file: /lib/x86_64-linux-gnu/libm.so.6, columns: [a]}").find("umbra_model_version") != std::string::npos);
    CHECK(faults_of("{type: library, isolation: " + isolation + ", file: " UMBRA_SOURCE_DIR "/CMakeLists.txt, columns: [a]}").find("cannot load") != std::string::npos);
  }
  const std::string report = faults_of("{type: library, file: nowhere.so, columns: 3, isolation: much}");
  CHECK(report.find("must be one of: process, none") != std::string::npos);
  CHECK(faults_of("{type: library, file: nowhere.so, columns: []}").find("there is no file") != std::string::npos);
  CHECK(descendants(getpid()).empty());
}
