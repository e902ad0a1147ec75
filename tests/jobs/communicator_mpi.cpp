#include "jobs/communicator.h"

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("collective calls over all ranks") {
  Communicator world = Communicator::world().duplicate();
  const int r = world.rank(), n = world.size();
  world.barrier();

  std::vector<std::byte> bytes;
  if (r == 0) bytes.assign(100000, std::byte{7});
  world.broadcast(bytes);
  CHECK(bytes == std::vector<std::byte>(100000, std::byte{7}));

  const auto values = world.all_gather(static_cast<std::uint64_t>(r * r));
  const auto texts = world.all_gather(std::string(r, 'x'));
  REQUIRE(static_cast<int>(values.size()) == n);
  REQUIRE(static_cast<int>(texts.size()) == n);
  for (int i = 0; i < n; ++i) {
    CHECK(values[i] == static_cast<std::uint64_t>(i * i));
    CHECK(texts[i] == std::string(i, 'x'));
  }
  CHECK(world.all_true(true));
  CHECK_FALSE(world.all_true(r != n - 1));
  world.free();
}
