#include "io/journal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "io/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

namespace {

Outcome outcome(TaskId id) {
  Outcome o;
  o.id = id;
  o.rank = 1;
  o.phase = 2;
  o.start = 12.5;
  o.duration = 0.25;
  o.values = {static_cast<double>(id), 2.0};
  if (id % 2) {
    o.status = Status::timeout;
    o.message = "slow";
  }
  return o;
}

struct Heard {
  std::vector<Outcome> outcomes;
  std::vector<std::string> hosts, notes;
  std::vector<Start> starts;
  std::vector<bool> lost_rows;
  Journal::Replayed summary;
};

Heard replay(const std::string& directory, std::uint64_t generation = 0) {
  Heard heard;
  const Journal journal(directory, generation, {"reader"});
  heard.summary = journal.replay({.outcome =
                                      [&](Outcome&& o, const std::string& host, bool lost) {
                                        heard.outcomes.push_back(std::move(o));
                                        heard.hosts.push_back(host);
                                        heard.lost_rows.push_back(lost);
                                      },
                                  .start = [&](const Start& s) { heard.starts.push_back(s); },
                                  .note = [&](const std::string& n) { heard.notes.push_back(n); },
                                  .session = {}});
  return heard;
}

}  // namespace

TEST_CASE("a journal gives back what it was told") {
  const TemporaryDirectory directory;
  {
    Journal journal(directory.path(), 0, {"alpha", "beta"});
    CHECK(journal.number() == 1);
    const std::vector<Start> starts = {{TaskKind::point, 4, 1, 1, 0, 99.0}, {TaskKind::train, 5, 0, 0, 1, 98.0}};
    journal.start(starts);
    for (TaskId id = 0; id < 5; ++id) journal.outcome(outcome(id));
    Outcome o = outcome(7);
    o.kind = TaskKind::train;
    o.row_numbers = 3;
    o.blob = {std::byte{7}};
    journal.outcome(o);
    journal.note("budget 3");
    journal.flush();
  }
  const Heard heard = replay(directory.path());
  CHECK(heard.summary.cut_bytes == 0);
  REQUIRE(heard.outcomes.size() == 6);
  for (TaskId id = 0; id < 5; ++id) {
    const Outcome &o = heard.outcomes[id], expected = outcome(id);
    CHECK((o.id == id && o.status == expected.status && o.message == expected.message && o.values == expected.values));
    CHECK((o.rank == 1 && o.phase == 2 && o.start == 12.5 && o.duration == 0.25));
    CHECK(heard.hosts[id] == "beta");
    CHECK_FALSE(heard.lost_rows[id]);
  }
  CHECK(heard.outcomes[5].kind == TaskKind::train);
  CHECK(heard.outcomes[5].blob == Payload{std::byte{7}});
  CHECK(heard.lost_rows[5]);
  CHECK(heard.notes == std::vector<std::string>{"budget 3"});
  REQUIRE(heard.starts.size() == 2);
  CHECK((heard.starts[0].id == 4 && heard.starts[0].deaths == 1 && heard.starts[0].time == 99.0));
  CHECK((heard.starts[1].kind == TaskKind::train && heard.starts[1].id == 5 && heard.starts[1].allocations == 1));
}

TEST_CASE("a rotated journal goes when its segment is there, and tasks in flight are noted again") {
  const TemporaryDirectory directory;
  {
    Journal journal(directory.path(), 0, {"alpha"});
    journal.outcome(outcome(0));
    const std::vector<Start> in_flight = {{TaskKind::point, 9, 0, 1, 0, 1.0}};
    journal.rotate(in_flight);
    CHECK(journal.number() == 2);
    journal.outcome(outcome(1));
    journal.flush();
    CHECK(exists(directory.path() + "/journal/1.log"));
    journal.discard(1);
    journal.note("");
    journal.flush();
  }
  CHECK_FALSE(exists(directory.path() + "/journal/1.log"));
  const Heard heard = replay(directory.path(), 1);
  REQUIRE(heard.outcomes.size() == 1);
  CHECK(heard.outcomes[0].id == 1);
  REQUIRE(heard.starts.size() == 1);
  CHECK(heard.starts[0].deaths == 1);
  // Those up to the generation of results.h5 are removed, whatever they hold.
  CHECK(replay(directory.path(), 3).outcomes.empty());
}

TEST_CASE("torn and corrupt tails are cut at every byte") {
  const TemporaryDirectory directory(TemporaryDirectory::Where::memory);
  {
    Journal journal(directory.path(), 0, {"alpha"});
    for (TaskId id = 0; id < 3; ++id) journal.outcome(outcome(id));
  }
  const std::string path = directory.path() + "/journal/1.log";
  const auto whole = read_file(path);
  const auto put = [&](const std::vector<std::byte>& bytes) {
    std::filesystem::remove_all(directory.path() + "/journal");
    make_directory(directory.path() + "/journal");
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  std::size_t before = 0;
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    put({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    const Heard heard = replay(directory.path());
    REQUIRE(heard.outcomes.size() <= 2);
    REQUIRE(heard.outcomes.size() >= before);
    for (std::size_t i = 0; i < heard.outcomes.size(); ++i) CHECK(heard.outcomes[i].values == outcome(i).values);
    before = heard.outcomes.size();
  }
  CHECK(before == 2);
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    auto bytes = whole;
    bytes[at] ^= std::byte{0x10};
    put(bytes);
    const Heard heard = replay(directory.path());
    CHECK(heard.outcomes.size() <= 2);
    CHECK(heard.summary.cut_bytes > 0);
    for (std::size_t i = 0; i < heard.outcomes.size(); ++i) CHECK(heard.outcomes[i].values == outcome(i).values);
  }
}

TEST_CASE("what is noted is on disk within a second") {
  const TemporaryDirectory directory;
  int ready[2], told[2];
  REQUIRE((::pipe(ready) == 0 && ::pipe(told) == 0));
  const pid_t child = ::fork();
  if (child == 0) {
    Journal journal(directory.path(), 0, {"alpha"});
    journal.flush();
    [[maybe_unused]] const auto n = ::write(ready[1], "x", 1);
    char go;
    if (::read(told[0], &go, 1) == 1) journal.outcome(outcome(0));
    ::pause();
  }
  char byte;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  // The size of the file tells: nothing else may be waited for, the process takes no more part.
  const std::string path = directory.path() + "/journal/1.log";
  const std::uint64_t empty = file_size(path);
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(::write(told[1], "x", 1) == 1);
  while (file_size(path) == empty && std::chrono::steady_clock::now() - start < std::chrono::seconds(1)) ::usleep(1000);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(replay(directory.path()).outcomes.size() == 1);
}

TEST_CASE("a full disk is a state that ends, and nothing noted meanwhile is lost") {
  const TemporaryDirectory directory;
  {
    Journal journal(directory.path(), 0, {"alpha"}, 0.01);
    journal.outcome(outcome(0));
    journal.flush();
    CHECK_FALSE(journal.trouble());
    set_fault("write:0:ENOSPC:journal");
    journal.outcome(outcome(1));
    journal.flush();
    CHECK(journal.trouble().kind == Trouble::Kind::no_space);
    journal.outcome(outcome(2));
    set_fault("");
    journal.outcome(outcome(3));
  }
  const Heard heard = replay(directory.path());
  REQUIRE(heard.outcomes.size() == 4);
  CHECK(heard.summary.cut_bytes == 0);
}
