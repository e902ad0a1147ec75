#include "jobs/communicator.h"

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("a process alone needs no MPI") {
  Communicator self = Communicator::self().duplicate();
  CHECK(self.rank() == 0);
  CHECK(self.size() == 1);
  self.barrier();
  std::vector<std::byte> bytes{std::byte{1}};
  self.broadcast(bytes);
  CHECK(self.all_gather("a") == std::vector<std::string>{"a"});
  CHECK(self.all_gather(std::uint64_t{3}) == std::vector<std::uint64_t>{3});
  CHECK_FALSE(self.all_true(false));
  self.free();
}
