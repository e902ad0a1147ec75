#include "io/store.h"

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "io/file.h"
#include "io/reader.h"
#include "tests/io/store_case.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;
using namespace umbra::store_case;

namespace {

/// The same folder on all ranks.
struct SharedDirectory {
  explicit SharedDirectory(const Communicator& ranks) {
    if (ranks.rank() == 0) own = std::make_unique<TemporaryDirectory>();
    path = ranks.all_gather(own ? own->path() : std::string())[0];
  }
  std::unique_ptr<TemporaryDirectory> own;
  std::string path;
};

void carry_out(Store& store, const Communicator& ranks, std::vector<std::byte> command) {
  ranks.broadcast(command);
  store.execute(command);
}

/// All ranks keep ids [first, end), dealt in turn, and a drain writes them.
struct Campaign {
  Campaign(const std::string& directory, const Communicator& all, StoreOptions options = {}) : ranks(all), counts(static_cast<std::size_t>(all.size()), 0) {
    store = Store::open(directory, tables(), ranks, std::move(options));
    generation = store->report().generation;
  }
  void make(TaskId first, TaskId end) {
    for (TaskId id = first; id < end; ++id) {
      const auto rank = static_cast<std::size_t>((id * 2654435761u >> 7) % counts.size());
      // Out of order, as finished tasks are.
      const TaskId shuffled = first + (id - first) * 17 % (end - first);
      const TaskId chosen = (end - first) % 17 == 0 ? id : shuffled;
      if (static_cast<int>(rank) == ranks.rank()) {
        store->sink().keep(point(chosen, ranks.rank()));
        store->sink().keep(toys(chosen, ranks.rank()));
      }
      counts[rank] += 2;
    }
  }
  void drain() {
    ++generation;
    carry_out(*store, ranks, ranks.rank() == 0 ? store->drain(generation, counts, "state " + std::to_string(generation)) : std::vector<std::byte>{});
  }
  void merge(std::map<std::string, TaskId> ends, std::vector<Group> groups = {}) {
    carry_out(*store, ranks, ranks.rank() == 0 ? store->merge(ends, std::move(groups)) : std::vector<std::byte>{});
  }
  ~Campaign() { store->close(); }

  const Communicator& ranks;
  std::vector<std::uint64_t> counts;
  std::unique_ptr<Store> store;
  std::uint64_t generation = 0;
};

/// The table points of a result, whatever the order of its rows, is that of ids [0, n).
void check_points(const Reader& reader, const std::string& table, TaskId first, TaskId end, bool sorted) {
  REQUIRE(reader.rows(table) == end - first);
  const auto ids = reader.ids(table);
  if (sorted) CHECK(std::is_sorted(ids.begin(), ids.end()));
  const auto status = reader.column(table, "status"), phase = reader.column(table, "phase"), rank = reader.column(table, "rank"), start = reader.column(table, "start"),
             x = reader.column(table, "x"), log_likelihood = reader.column(table, "log_likelihood");
  const auto host = reader.texts(table, "host");
  std::set<TaskId> seen;
  bool same = true;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    seen.insert(ids[i]);
    const Outcome o = point(ids[i], static_cast<int>(rank[i]));
    same = same && status[i] == static_cast<double>(o.status) && phase[i] == o.phase && start[i] == o.start && x[i] == o.values[1] && log_likelihood[i] == o.values[2] && !host[i].empty();
  }
  CHECK(same);
  CHECK(seen.size() == ids.size());
  CHECK(*seen.begin() == first);
  CHECK(*seen.rbegin() == end - 1);
}

void check_toys(const Reader& reader, TaskId end, bool sorted) {
  const auto ids = reader.ids("toys");
  const auto hypothesis = reader.column("toys", "hypothesis"), q = reader.column("toys", "q");
  std::set<double> seen;
  std::size_t expected = 0;
  for (TaskId id = 0; id < end; ++id) expected += 3 + id % 4;
  REQUIRE(ids.size() == expected);
  if (sorted) CHECK(std::is_sorted(q.begin(), q.end()));
  bool same = true;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    seen.insert(q[i]);
    same = same && hypothesis[i] == static_cast<double>(ids[i]) && std::floor(q[i] / 100) == hypothesis[i];
  }
  CHECK(same);
  CHECK(seen.size() == expected);
}

}  // namespace

TEST_CASE("rows of all ranks come back from segments and from the merged result") {
  const Communicator ranks = Communicator::world();
  const SharedDirectory directory(ranks);
  StoreOptions options;
  options.small_segment_bytes = GENERATE(0, 1 << 20);  // written by all ranks, or sent to the first
  {
    Campaign c(directory.path, ranks, options);
    c.make(0, 100);
    c.drain();
    c.make(100, 137);
    c.drain();
    c.drain();  // nothing new
    const StoreReport report = c.store->report();
    CHECK(report.trouble.message == "");
    CHECK(report.generation == 3);
    CHECK(report.rows.at("points") == 137);
    CHECK(c.store->buffered_bytes() == 0);
    if (ranks.rank() == 0) {
      const Reader reader(directory.path);
      CHECK(reader.generation() == 3);
      CHECK_FALSE(reader.merged());
      check_points(reader, "points", 0, 137, false);
      check_toys(reader, 137, false);
      CHECK(reader.texts("failures", "message").size() == 20);
      CHECK(read_checkpoint(directory.path, 3) == "state 3");
    }
    ranks.barrier();
    c.merge({{"points", 120}}, {{.path = "summary/limits", .attributes = {{"best", 1.5}}, .series = {{.name = "mu", .values = std::vector<double>{1, 2}, .unit = "", .label = ""}}}});
    CHECK(c.store->report().trouble.message == "");
    CHECK(c.store->report().merged);
    if (ranks.rank() == 0) {
      const Reader reader(directory.path + "/results.h5");
      CHECK(reader.merged());
      check_points(reader, "points", 0, 120, true);
      check_points(reader, "surplus", 120, 137, true);
      check_toys(reader, 137, true);
      CHECK(reader.texts("failures", "message", 0, 2) == std::vector<std::string>{"too slow: 3", "too slow: 10"});
      CHECK(reader.texts("failures", "message").size() == 17);  // those below the end
      CHECK(reader.columns("points")[8].unit == "GeV");
      std::vector<TaskId> late;
      reader.outcomes("points", 118, [&](Outcome&& o, const std::string&) {
        late.push_back(o.id);
        CHECK(o.values == point(o.id, 0).values);
      });
      CHECK(late.size() == 19);
    }
    ranks.barrier();
  }
  // The campaign is extended: the merged result becomes a segment.
  {
    Campaign c(directory.path, ranks, options);
    CHECK(c.store->report().merged);
    CHECK(c.generation == 3);
    c.make(137, 200);
    c.drain();
    CHECK(c.store->report().trouble.message == "");
    if (ranks.rank() == 0) {
      const Reader reader(directory.path);
      check_points(reader, "points", 0, 200, false);
      CHECK_FALSE(reader.has("surplus"));
    }
    ranks.barrier();
    c.merge({{"points", 200}});
    if (ranks.rank() == 0) {
      const Reader reader(directory.path);
      check_points(reader, "points", 0, 200, true);
      CHECK(reader.rows("surplus") == 0);
      check_toys(reader, 200, true);
      CHECK(reader.texts("failures", "message").size() == 29);
    }
    ranks.barrier();
  }
  // What the merge superseded goes at the next start.
  {
    Campaign c(directory.path, ranks);
    if (ranks.rank() == 0) {
      CHECK(std::filesystem::is_empty(directory.path + "/segments"));
      check_points(Reader(directory.path), "points", 0, 200, true);
    }
    ranks.barrier();
  }
}

TEST_CASE("compacted segments hold the same rows, and stay few") {
  const Communicator ranks = Communicator::world();
  const SharedDirectory directory(ranks);
  StoreOptions options;
  options.small_segment_bytes = GENERATE(0, 1 << 20);
  options.fan_in = 3;
  options.max_segments = 8;
  options.block_bytes = 4096;  // many windows
  Campaign c(directory.path, ranks, options);
  for (TaskId first = 0; first < 400; first += 20) {
    c.make(first, first + 20);
    c.drain();
    CHECK(c.store->report().trouble.message == "");
    CHECK(c.store->report().segments <= 8);
  }
  if (ranks.rank() == 0) {
    const Reader reader(directory.path);
    check_points(reader, "points", 0, 400, false);
    check_toys(reader, 400, false);
    CHECK(reader.texts("failures", "message").size() == 57);
  }
  ranks.barrier();
  c.merge({});
  if (ranks.rank() == 0) {
    const Reader reader(directory.path);
    check_points(reader, "points", 0, 400, true);
    check_toys(reader, 400, true);
    CHECK_FALSE(reader.has("surplus"));
  }
  ranks.barrier();
}

TEST_CASE("a drain writes exactly the outcomes that were collected, and those recovered") {
  const Communicator ranks = Communicator::world();
  const SharedDirectory directory(ranks);
  StoreOptions options;
  options.small_segment_bytes = GENERATE(0, 1 << 20);
  Campaign c(directory.path, ranks, options);
  c.make(0, 50);
  const auto collected = c.counts;
  c.make(50, 80);  // finished, not yet collected
  const auto later = c.counts;
  if (ranks.rank() == 0) c.store->recover(point(1000, 3), "a-host-of-an-earlier-session");
  c.counts = collected;
  c.drain();
  if (ranks.rank() == 0) {
    const Reader reader(directory.path);
    CHECK(reader.rows("points") == 51);
    auto hosts = reader.texts("points", "host");
    CHECK(std::count(hosts.begin(), hosts.end(), "a-host-of-an-earlier-session") == 1);
    for (const TaskId id : reader.ids("points")) CHECK((id < 50 || id == 1000));
  }
  ranks.barrier();
  c.counts = later;
  c.drain();
  if (ranks.rank() == 0) {
    auto ids = Reader(directory.path).ids("points");
    CHECK(std::set<TaskId>(ids.begin(), ids.end()).size() == 81);
    CHECK(ids.size() == 81);
  }
  ranks.barrier();
}

TEST_CASE("the result of another job is refused on every rank") {
  const Communicator ranks = Communicator::world();
  const SharedDirectory directory(ranks);
  {
    Campaign c(directory.path, ranks);
    c.make(0, 10);
    c.drain();
  }
  auto other = tables();
  other[0].columns[1].name = "y";
  CHECK_THROWS_WITH(Store::open(directory.path, other, ranks), Catch::Contains("other columns"));
}

TEST_CASE("trouble on one rank is known to all, and nothing hangs") {
  const Communicator ranks = Communicator::world();
  const int last = ranks.size() - 1;
  const auto with_fault = [&](const std::string& fault, int rank, const auto& act) {
    if (ranks.rank() == rank) set_fault(fault);
    act();
    set_fault("");
  };
  SECTION("without space nothing is written, and the next drain writes all") {
    const SharedDirectory directory(ranks);
    Campaign c(directory.path, ranks);
    c.make(0, 30);
    with_fault("reserve:0:ENOSPC", 0, [&] { c.drain(); });
    CHECK(c.store->report().trouble.kind == Trouble::Kind::no_space);
    CHECK(c.store->report().generation == 0);
    c.make(30, 40);
    c.drain();
    CHECK_FALSE(c.store->report().trouble);
    with_fault("reserve:0:ENOSPC", 0, [&] { c.merge({}); });
    CHECK(c.store->report().trouble.kind == Trouble::Kind::no_space);
    c.merge({});
    CHECK_FALSE(c.store->report().trouble);
    if (ranks.rank() == 0) check_points(Reader(directory.path), "points", 0, 40, true);
    ranks.barrier();
  }
  for (const std::string fault : {"hdf5_write:0:EIO", "hdf5_write:3:EIO", "hdf5_close:0:EIO"}) {
    DYNAMIC_SECTION("a failing " << fault << " keeps what was there") {
      const SharedDirectory directory(ranks);
      StoreOptions options;
      options.small_segment_bytes = 0;
      Campaign c(directory.path, ranks, options);
      c.make(0, 30);
      c.drain();
      c.make(30, 40);
      with_fault(fault, last, [&] { c.drain(); });
      CHECK(c.store->report().trouble.kind == Trouble::Kind::broken);
      CHECK(c.store->report().trouble.message.find("rank " + std::to_string(last)) != std::string::npos);
      c.drain();  // refused
      CHECK(c.store->report().generation == 1);
      if (ranks.rank() == 0) check_points(Reader(directory.path), "points", 0, 30, false);
      ranks.barrier();
    }
  }
}

TEST_CASE("a disk that is really full costs nothing but time") {
  const Communicator ranks = Communicator::world();
  const SharedDirectory directory(ranks);
  const bool mounted = ranks.all_true(ranks.rank() != 0 || ::mount("tmpfs", directory.path.c_str(), "tmpfs", 0, "size=3m") == 0);
  if (!mounted) {
    WARN("skipped: a small file system can be mounted by root only");
    return;
  }
  const std::string ballast = directory.path + "/ballast", run = directory.path + "/run";
  if (ranks.rank() == 0) std::ofstream(ballast) << std::string(std::size_t{1} << 20, 'x');
  {
    Campaign c(run, ranks);
    TaskId made = 0;
    for (; !c.store->report().trouble; made += 1000) {
      REQUIRE(made < 100000);
      c.make(made, made + 1000);
      c.drain();
    }
    CHECK(c.store->report().trouble.kind == Trouble::Kind::no_space);
    const std::uint64_t on_disk = c.store->report().rows.at("points");
    CHECK(on_disk == made - 1000);
    if (ranks.rank() == 0) {
      CHECK(Reader(run).rows("points") == on_disk);
      ::unlink(ballast.c_str());
    }
    ranks.barrier();
    c.drain();
    CHECK_FALSE(c.store->report().trouble);
    if (ranks.rank() == 0) {
      const Reader reader(run);
      check_points(reader, "points", 0, made, false);
      check_toys(reader, made, false);
    }
    ranks.barrier();
  }
  if (ranks.rank() == 0) ::umount2(directory.path.c_str(), MNT_DETACH);
}
