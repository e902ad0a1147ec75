// A campaign of a few points and toys, killed or hindered at every operation of io in turn, and resumed.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>

#include "io/file.h"
#include "io/reader.h"
#include "tests/io/store_case.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;
using namespace umbra::store_case;

namespace {

constexpr TaskId num_points = 30;
constexpr TaskId end_point = 25;  // the others are surplus

/// What outlives a killed process.
struct Witness {
  std::atomic<int> evaluated[num_points];
  std::atomic<bool> on_disk[num_points];  ///< the journal said so
  std::atomic<std::uint64_t> fault_points;
};

struct SharedWitness {
  SharedWitness() : memory(static_cast<Witness*>(::mmap(nullptr, sizeof(Witness), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedWitness() { ::munmap(memory, sizeof(Witness)); }
  Witness* operator->() const { return memory; }
  Witness* memory;
};

enum class Patience { stop, wait };

/// Runs or goes on. Returns 0 when it is done, 75 where disk trouble stopped it.
int campaign(const std::string& directory, Witness& witness, Patience patience) {
  StoreOptions options;
  options.fan_in = 2;
  options.block_bytes = 2048;
  std::optional<Journal> journal;
  options.committed = [&](std::uint64_t g) { journal->discard(g); };
  const auto store = Store::open(directory, tables(), Communicator::self(), options);
  const auto state = read_checkpoint(directory, store->report().generation).value_or("");
  std::vector<bool> told(num_points, false), told_toys(num_points, false);
  for (std::size_t i = 0; i < state.size(); ++i) (i < num_points ? told[i] : told_toys[i - num_points]) = state[i] == '1';
  journal.emplace(directory, store->report().generation, std::vector<std::string>{"host"}, 0.001);
  journal->replay({.outcome =
                       [&](Outcome&& o, const std::string& host, bool lost_rows) {
                         if (o.kind != TaskKind::point || lost_rows || told[o.id]) return;
                         told[o.id] = true;
                         store->recover(o, host);
                       },
                   .start = {},
                   .note = {},
                   .session = {}});
  std::uint64_t kept = 0;
  const auto drained = [&] {
    for (;;) {
      const std::uint64_t g = journal->number();
      journal->rotate({});
      std::string s;
      for (const auto* list : {&told, &told_toys})
        for (const bool b : *list) s += b ? '1' : '0';
      Claims claims{};
      for (TaskId id = 0; id < num_points; ++id) {
        if (told[id]) count(claims, point(id, 0));
        if (told_toys[id]) count(claims, toys(id, 0));
      }
      store->execute(store->drain(g, {kept}, s, claims));
      const Trouble trouble = store->report().trouble;
      if (!trouble) return true;
      if (patience == Patience::stop || trouble.kind != Trouble::Kind::no_space) return false;
      set_fault("");  // space again
    }
  };
  for (TaskId id = 0; id < num_points; ++id) {
    if (!told[id]) {
      ++witness.evaluated[id];
      const Outcome o = point(id, 0);
      store->sink().keep(o);
      journal->outcome(o);
      told[id] = true;
      ++kept;
    }
    if (!told_toys[id]) {
      const Outcome o = toys(id, 0);
      store->sink().keep(o);
      journal->outcome(o);
      told_toys[id] = true;
      ++kept;
    }
    journal->flush();
    if (!journal->trouble()) {
      for (TaskId i = 0; i <= id; ++i) witness.on_disk[i] = true;
    }
    if (id % 6 == 5 && !drained()) return 75;
  }
  if (!drained()) return 75;
  for (;;) {
    store->execute(store->merge({{"points", end_point}}, {}));
    const Trouble trouble = store->report().trouble;
    if (!trouble) break;
    if (patience == Patience::stop || trouble.kind != Trouble::Kind::no_space) return 75;
    set_fault("");
  }
  witness.fault_points = fault_points_passed();
  return 0;
}

/// In a process of its own. Returns its exit code, or -1 where it was killed.
int run(const std::string& directory, const SharedWitness& witness, const std::string& fault, Patience patience = Patience::stop) {
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 1;
    try {
      set_fault(fault);
      code = campaign(directory, *witness.memory, patience);
    } catch (const FileError&) {
      code = 75;
    } catch (const UserError& e) {
      code = std::string(e.what()).find("cannot") != std::string::npos ? 75 : 1;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s: %s\n", fault.c_str(), e.what());
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::map<std::string, std::vector<double>> content(const std::string& directory) {
  const Reader reader(directory);
  std::map<std::string, std::vector<double>> all;
  for (const std::string table : {"points", "surplus", "toys"})
    for (const Column& c : reader.columns(table))
      if (c.name != "host") all[table + "/" + c.name] = reader.column(table, c.name);
  for (const std::string& m : reader.texts("failures", "message")) all["failures/" + m] = {};
  return all;
}

/// Whatever results.h5 there is can be read whole, and shows no row twice.
void check_readable(const std::string& directory) {
  if (!exists(directory + "/results.h5")) return;
  const Reader reader(directory);
  auto ids = reader.ids("points");
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
  const auto x = reader.column("points", "x");
  CHECK(x.size() == reader.rows("points"));
}

/// @param pick which operations are tried
void try_faults(const std::string& action, std::uint64_t step, Patience patience = Patience::stop) {
  const TemporaryDirectory folder(TemporaryDirectory::Where::memory);
  const SharedWitness undisturbed;
  REQUIRE(run(folder.path() + "/undisturbed", undisturbed, "") == 0);
  const auto expected = content(folder.path() + "/undisturbed");
  REQUIRE(expected.at("points/id").size() == end_point);
  REQUIRE(expected.at("surplus/id").size() == num_points - end_point);
  const std::uint64_t fault_points = undisturbed->fault_points;
  CHECK(fault_points > 150);
  std::uint64_t disturbed = 0;
  for (std::uint64_t n = 0; n < fault_points; n += step) {
    CAPTURE(action, n);
    const std::string directory = folder.path() + "/run";
    std::filesystem::remove_all(directory);
    const SharedWitness witness;
    const int code = run(directory, witness, "any:" + std::to_string(n) + ":" + action, patience);
    if (action == "kill" || action == "tear") REQUIRE((code == -1 || code == 0));
    else REQUIRE((code == 75 || code == 0));
    disturbed += code != 0;
    check_readable(directory);
    bool on_disk[num_points];
    int evaluated[num_points];
    for (TaskId i = 0; i < num_points; ++i) {
      on_disk[i] = witness->on_disk[i];
      evaluated[i] = witness->evaluated[i];
    }
    REQUIRE(run(directory, witness, "") == 0);
    bool lost = false;
    for (TaskId i = 0; i < num_points; ++i) lost = lost || (on_disk[i] && witness->evaluated[i] != evaluated[i]);
    CHECK_FALSE(lost);
    CHECK(content(directory) == expected);
  }
  // Nearly all faults stop a campaign that does not wait (a file that cannot be tidied up stops none); few stop one that does (HDF5's own, and those of its start).
  const double share = static_cast<double>(disturbed * step) / static_cast<double>(fault_points);
  CAPTURE(share, fault_points);
  CHECK((patience == Patience::stop ? share > 0.6 : share < 0.6));
}

}  // namespace

TEST_CASE("a kill at any operation loses nothing") { try_faults("kill", 7); }
TEST_CASE("a torn write loses nothing") { try_faults("tear", 11); }
TEST_CASE("an operation that fails stops the campaign, which goes on later") { try_faults("EIO", 11); }
TEST_CASE("a full disk stops the campaign, which goes on later") { try_faults("ENOSPC", 13); }
TEST_CASE("a full disk is waited for") { try_faults("ENOSPC", 13, Patience::wait); }

TEST_CASE("every operation of io is tried", "[nightly]") {
  for (const char* action : {"kill", "tear", "EIO", "ENOSPC"}) try_faults(action, 1);
  try_faults("ENOSPC", 1, Patience::wait);
}

TEST_CASE("a drain that would leave rows out replaces nothing") {
  const TemporaryDirectory folder(TemporaryDirectory::Where::memory);
  const std::string& path = folder.path();
  Claims claims{};
  {
    const auto store = Store::open(path, tables(), Communicator::self());
    for (TaskId id = 0; id < 10; ++id) {
      store->sink().keep(toys(id, 0));
      count(claims, toys(id, 0));
    }
    store->execute(store->drain(1, {10}, "state 1", claims));
    REQUIRE_FALSE(store->report().trouble);
    CHECK_NOTHROW(store->check_rows(claims));
    count(claims, toys(10, 0));  // and its rows are nowhere
    CHECK_THROWS_WITH(store->check_rows(claims), Catch::Contains("rows in table 'toys'"));
    store->execute(store->drain(2, {10}, "state 2", claims));
    CHECK(store->report().trouble.kind == Trouble::Kind::broken);
    CHECK(store->report().trouble.message.find("table 'toys'") != std::string::npos);
    store->close();
  }
  CHECK(Reader(path).generation() == 1);
  CHECK(read_checkpoint(path, 1) == "state 1");
}

TEST_CASE("a truncated or missing segment is told, not read as fill values") {
  const TemporaryDirectory folder(TemporaryDirectory::Where::memory);
  const std::string& path = folder.path();
  {
    const auto store = Store::open(path, tables(), Communicator::self());
    for (TaskId id = 0; id < 10; ++id) store->sink().keep(point(id, 0));
    store->execute(store->drain(1, {10}, "state"));
    store->close();
  }
  REQUIRE(Reader(path).rows("points") == 10);
  const std::string listed = path + "/segments/1.h5";
  const auto size = file_size(listed);
  std::filesystem::resize_file(listed, size - 100);
  CHECK_THROWS_WITH(Reader(path), Catch::Contains("bytes instead of"));
  std::filesystem::remove(listed);
  CHECK_THROWS_WITH(Reader(path), Catch::Contains("is missing"));
  CHECK_THROWS_WITH(Store::open(path, tables(), Communicator::self()), Catch::Contains("is missing"));
  // A result that is gone would take its rows along.
  std::filesystem::remove(path + "/results.h5");
  CHECK_THROWS_WITH(Store::open(path, tables(), Communicator::self()), Catch::Contains("no results.h5"));
}
