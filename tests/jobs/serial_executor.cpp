#include "src/base/error.h"
#include "tests/jobs/toy_work.h"
#include "tests/support/catch.h"

using namespace umbra;
using namespace umbra::test;

TEST_CASE("the serial executor does all tasks once, in order") {
  MemorySink sink;
  const auto executor = make_serial_executor(work_of([](const Task& t, Outcome& o) {
                                               o.values = {2.0 * doubles(t.payload)[0]};
                                               o.rows = {1.0, 2.0};
                                             }),
                                             sink);
  const auto all = run_all(*executor, 5000, [](TaskId id) { return number_task(id, 0.5 * id); });
  REQUIRE(each_once(all, 5000));
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(all[i].id == i);
    REQUIRE(all[i].values == std::vector<double>{1.0 * i});
    REQUIRE((all[i].rows.empty() && all[i].row_numbers == 2));
  }
  CHECK(sink.num_rows() == 10000);
  CHECK(executor->collected() == std::vector<std::uint64_t>{5000});
  CHECK(executor->statistics().finished == 5000);
  CHECK(executor->statistics().busy_share(1) <= 1.0);
  CHECK(executor->in_flight_count() == 0);
}

TEST_CASE("an exception names rank and task") {
  MemorySink sink;
  const auto executor = make_serial_executor(work_of([](const Task& t, Outcome&) {
                                               if (t.id == 3) throw std::runtime_error("no such table");
                                             }),
                                             sink);
  CHECK_THROWS_WITH(run_all(*executor, 10, [](TaskId id) { return number_task(id, 0.0, TaskKind::toys); }), "rank 0 failed at task 3 (toys): no such table");
}

TEST_CASE("stop takes back what was not begun") {
  MemorySink sink;
  const auto executor = make_serial_executor(work_of([](const Task&, Outcome&) {}), sink);
  executor->submit({number_task(0, 0.0), number_task(1, 0.0)});
  REQUIRE(executor->in_flight().size() == 2);
  CHECK(executor->in_flight()[0].rank == -1);
  CHECK(executor->stop());
  CHECK(executor->in_flight_count() == 0);
}
