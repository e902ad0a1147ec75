#include "jobs/message.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("tasks and outcomes come out of a message as they went in, but for the rows") {
  Task a{TaskKind::toys, 7, pack(std::vector<double>{1.5, -2.0})}, b{TaskKind::point, 1ull << 60, {}};
  Buffer message;
  append_task(message, a);
  append_task(message, b);
  MessageReader reader(message);
  Task task{TaskKind::custom, 3, Payload(100)};
  reader.read(task);
  CHECK(task.kind == a.kind);
  CHECK(task.id == a.id);
  CHECK((task.payload == a.payload));
  CHECK(reader.more());
  reader.read(task);
  CHECK(task.id == b.id);
  CHECK(task.payload.empty());
  CHECK_FALSE(reader.more());

  Outcome o;
  o.kind = TaskKind::train;
  o.id = 9;
  o.status = Status::signal;
  o.phase = 2;
  o.start = 1.7e9;
  o.duration = 0.25;
  o.message = "SIGSEGV";
  o.values = {0.0, -0.0, std::numeric_limits<double>::infinity(), std::nan("")};
  o.rows = {1.0};
  o.row_numbers = 1;
  o.blob = Payload(1000, std::byte{5});
  message.clear();
  append_outcome(message, o);
  const char rest[] = "and a text";
  message.append(rest, 10);
  reader = MessageReader(message);
  Outcome copy;
  reader.read(copy);
  CHECK(copy.kind == o.kind);
  CHECK(copy.id == o.id);
  CHECK(copy.status == o.status);
  CHECK(copy.phase == o.phase);
  CHECK(copy.start == o.start);
  CHECK(copy.duration == o.duration);
  CHECK(copy.message == o.message);
  REQUIRE(copy.values.size() == 4);
  CHECK(std::memcmp(copy.values.data(), o.values.data(), 4 * sizeof(double)) == 0);
  CHECK(copy.rows.empty());
  CHECK(copy.row_numbers == 1);
  CHECK((copy.blob == o.blob));
  CHECK(reader.rest() == "and a text");
}
