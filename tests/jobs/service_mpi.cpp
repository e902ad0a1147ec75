#include "jobs/service.h"

#include <atomic>

#include "tests/support/catch.h"

using namespace umbra;

namespace {
std::vector<std::byte> number(int i) { return {static_cast<std::byte>(i)}; }
}  // namespace

TEST_CASE("commands run on all ranks, one after the other, while the main threads do other things") {
  Communicator world = Communicator::world().duplicate();
  Communicator inner = world.duplicate();
  std::vector<int> seen;
  Service service(world, [&](const std::vector<std::byte>& command) {
    seen.push_back(static_cast<int>(command.at(0)));
    // A collective call of the handlers.
    const auto all = inner.all_gather(static_cast<std::uint64_t>(seen.back()));
    for (auto v : all)
      if (v != all[0]) throw std::runtime_error("ranks are at different commands");
  });
  service.start();
  if (world.rank() == 0) {
    for (int i = 0; i < 20; ++i) CHECK(service.issue(number(i)) == static_cast<std::uint64_t>(i + 1));
    service.wait();
    CHECK(service.finished() == 20);
    CHECK_FALSE(service.error());
    service.issue(number(20));  // stop() lets it run
  } else {
    world.barrier();
  }
  if (world.rank() == 0) world.barrier();
  service.stop();
  REQUIRE(seen.size() == 21);
  for (int i = 0; i < 21; ++i) CHECK(seen[i] == i);
  inner.free();
  world.free();
}

TEST_CASE("an error of a handler names the rank, and nothing runs after it") {
  const Communicator world = Communicator::world();
  const int bad = world.size() - 1;
  std::atomic<int> runs = 0;
  Service service(world, [&](const std::vector<std::byte>& command) {
    ++runs;
    if (command == number(1) && world.rank() == bad) throw std::runtime_error("the disk is full");
  });
  service.start();
  if (world.rank() == 0) {
    for (int i = 0; i < 5; ++i) service.issue(number(i));
    service.wait();
    CHECK(service.error() == "rank " + std::to_string(bad) + ": the disk is full");
    CHECK(service.finished() == 1);
  }
  service.stop();
  CHECK(runs == 2);
}
