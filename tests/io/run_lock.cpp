#include "io/run_lock.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

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

namespace {

/// The environment of a job of Slurm, while it lives.
struct InSlurm {
  InSlurm(const char* job, const char* restart) {
    ::setenv("SLURM_JOB_ID", job, 1);
    ::setenv("SLURM_RESTART_COUNT", restart, 1);
  }
  ~InSlurm() {
    ::unsetenv("SLURM_JOB_ID");
    ::unsetenv("SLURM_RESTART_COUNT");
  }
};

void leave_lock(const std::string& directory, const std::string& job) { std::ofstream(directory + "/lock") << "host far-away\nboot x\npid 1\nstarted 1\njob " << job << "\n"; }

double seconds_to_lock(const std::string& directory, double stale_s, double heartbeat_s) {
  const auto begin = std::chrono::steady_clock::now();
  const RunLock lock(directory, stale_s, heartbeat_s);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("a requeued job goes on where its node has failed") {
  const TemporaryDirectory directory;
  const InSlurm job("77", "1");
  leave_lock(directory.path(), "77");
  CHECK(seconds_to_lock(directory.path(), 60.0, 0.2) < 5.0);
}

TEST_CASE("the next job of a chain waits for a silent owner on another host") {
  const TemporaryDirectory directory;
  const InSlurm job("78", "0");
  leave_lock(directory.path(), "77");
  CHECK(seconds_to_lock(directory.path(), 1.0, 0.1) > 0.5);
}

TEST_CASE("no job takes the lock of an owner on another host that shows signs of life") {
  const TemporaryDirectory directory;
  leave_lock(directory.path(), "77");
  std::atomic<bool> over{false};
  std::thread heart([&] {
    while (!over) {
      ::utimensat(AT_FDCWD, (directory.path() + "/lock").c_str(), nullptr, 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  for (const char* id : {"77", "78"}) {
    const InSlurm job(id, "1");
    CHECK_THROWS_WITH(RunLock(directory.path(), 60.0, 10.0), Catch::Contains("on far-away"));
  }
  over = true;
  heart.join();
}

TEST_CASE("who only looks sees whether an owner lives") {
  const TemporaryDirectory directory;
  CHECK(lock_state(directory.path()) == LockState::free);
  {
    const RunLock lock(directory.path());
    CHECK(lock_state(directory.path()) == LockState::held);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(directory.path());
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  CHECK(lock_state(directory.path()) == LockState::dead);
  leave_lock(directory.path(), "1");
  CHECK(lock_state(directory.path()) == LockState::held);
  CHECK(lock_state(directory.path(), 0.0) == LockState::dead);
}
