#include "jobs/service.h"

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("a service of one rank needs no MPI") {
  int sum = 0;
  Service service(Communicator::self(), [&](const std::vector<std::byte>& command) { sum += static_cast<int>(command.size()); });
  service.start();
  service.issue(std::vector<std::byte>(3));
  service.issue(std::vector<std::byte>(4));
  service.wait();
  CHECK(sum == 7);
  CHECK(service.finished() == 2);
  service.stop();
}

TEST_CASE("a service that is never stopped ends with its owner") {
  Service service(Communicator::self(), [](const std::vector<std::byte>&) { throw std::runtime_error("no"); });
  service.start();
  service.issue({});
  service.wait();
  CHECK(service.error() == "rank 0: no");
}
