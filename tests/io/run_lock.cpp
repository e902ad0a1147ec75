#include "io/run_lock.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "src/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

TEST_CASE("a run directory has one owner at a time") {
  const TemporaryDirectory directory;
  std::optional<RunLock> first(std::in_place, directory.path());
  CHECK_THROWS_WITH(RunLock(directory.path()), Catch::Contains("is in use by process " + std::to_string(::getpid())));
  first.reset();
  CHECK(std::filesystem::is_empty(directory.path()));
  CHECK_NOTHROW(RunLock(directory.path()));
}

TEST_CASE("the lock of a killed process is taken over at once") {
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(directory.path());
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  REQUIRE(std::filesystem::exists(directory.path() + "/lock"));
  CHECK_NOTHROW(RunLock(directory.path()));
}

TEST_CASE("the lock of another host is taken over when it has been silent for long") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/lock";
  std::ofstream(path) << "host far-away\nboot x\npid 1\nstarted 1\njob 77\n";
  CHECK_THROWS_WITH(RunLock(directory.path()), Catch::Contains("process 1 on far-away (job 77)"));
  const timespec past[2] = {{::time(nullptr) - 100, 0}, {::time(nullptr) - 100, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), past, 0) == 0);
  CHECK_THROWS_AS(RunLock(directory.path(), 200.0), UserError);
  const RunLock lock(directory.path());
  CHECK_THROWS_AS(RunLock(directory.path()), UserError);
}
