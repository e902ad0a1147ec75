// The one loop, on the executors that need no MPI: the same outcomes whatever the ranks, whatever the kind of task.

#include "workflows/campaign.h"

#include <cmath>
#include <map>
#include <memory>

#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

class Watcher final : public Recorder {
 public:
  std::map<std::pair<TaskKind, TaskId>, Outcome> seen, known_before;
  std::size_t run = 0;
  std::optional<Outcome> known(TaskKind kind, TaskId id) override {
    const auto k = known_before.find({kind, id});
    if (k == known_before.end()) return {};
    seen[k->first] = k->second;
    return k->second;
  }
  void started(std::span<Task> tasks) override { run += tasks.size(); }
  void finished(const Outcome& o) override {
    CHECK(seen.count({o.kind, o.id}) == 0);
    seen[{o.kind, o.id}] = o;
  }
  void tick() override {}
};

/// A likelihood with some failures, a function of the point and its stream alone.
class Bowl final : public Work {
 public:
  void run(const Task& task, Outcome& o) override {
    RandomStream stream(1, Purpose::evaluate, task.id);
    const auto u = doubles(task.payload);
    o.values.assign(u.begin(), u.end());
    double sum = 0;
    for (double x : u) sum -= 100 * (x - 0.3) * (x - 0.3);
    o.values.push_back(sum);
    o.message.clear();
    o.status = stream.uniform() < 0.1 ? Status::timeout : Status::ok;
  }
};

std::unique_ptr<Sampler> sampler(const std::string& type) {
  Faults faults;
  SamplerContext context{.dim = 3, .periodic = {false, false, false}, .seed = 9, .evaluations = 3000};
  Config config = Config::map({{"type", type, {}}});
  auto made = SamplerRegistry::instance().make(config, faults, context);
  REQUIRE(made);
  return made;
}

WorkFactory bowls() {
  return [] { return std::make_unique<Bowl>(); };
}

}  // namespace

TEST_CASE("a scan gives the same rows in this thread and on any number of simulated ranks") {
  NoRows rows;
  for (const char* type : {"random", "sobol", "differential_evolution", "particle_swarm"}) {
    INFO(type);
    Watcher serial;
    auto s = sampler(type);
    Ledger ledger(LedgerRules{.evaluations = 3000});
    auto executor = make_serial_executor(bowls(), rows);
    CHECK(Campaign(*s, *executor, ledger, serial).run() == Ending::complete);
    for (const int ranks : {1, 7, 64}) {
      Watcher watcher;
      auto other = sampler(type);
      Ledger books(LedgerRules{.evaluations = 3000});
      auto simulated = make_virtual_executor(bowls(), rows, VirtualTime{.ranks = ranks, .mean_s = 1.0, .sigma = 1.0});
      CHECK(Campaign(*other, *simulated, books, watcher).run() == Ending::complete);
      REQUIRE(books.settled() == 3000);
      CHECK(books.statuses() == ledger.statuses());
      CHECK(books.best().id == ledger.best().id);
      bool same = true;
      for (TaskId id = 0; id < 3000; ++id) {
        const Outcome &a = serial.seen.at({TaskKind::point, id}), &b = watcher.seen.at({TaskKind::point, id});
        same = same && a.values == b.values && a.status == b.status;
      }
      CHECK(same);
    }
  }
}

TEST_CASE("what was finished before is not run again") {
  NoRows rows;
  Watcher first;
  auto s = sampler("differential_evolution");
  Ledger ledger(LedgerRules{.evaluations = 1000});
  auto executor = make_serial_executor(bowls(), rows);
  Campaign(*s, *executor, ledger, first).run();

  Watcher second;
  for (const auto& [key, outcome] : first.seen)
    if (key.second % 3 != 0) second.known_before[key] = outcome;
  auto again = sampler("differential_evolution");
  Ledger books(LedgerRules{.evaluations = 1000});
  auto simulated = make_virtual_executor(bowls(), rows, VirtualTime{.ranks = 5});
  Campaign(*again, *simulated, books, second).run();
  CHECK(second.run < 1000 - 600);
  CHECK(books.best().values == ledger.best().values);
}

TEST_CASE("a hopeless campaign stops at the same id on any number of ranks") {
  NoRows rows;
  std::vector<TaskId> ends;
  for (const int ranks : {1, 16}) {
    auto s = sampler("random");
    Ledger books(LedgerRules{.evaluations = 3000, .failure_budget = 0.05, .budget_after = 50});
    NoRecorder none;
    auto simulated = make_virtual_executor(bowls(), rows, VirtualTime{.ranks = ranks});
    CHECK(Campaign(*s, *simulated, books, none).run() == Ending::over_budget);
    ends.push_back(books.end());
  }
  CHECK(ends[0] == ends[1]);
  CHECK(ends[0] < 3000);
}

TEST_CASE("no task begins that would not end before the deadline") {
  NoRows rows;
  auto s = sampler("random");
  Ledger books(LedgerRules{.evaluations = 3000});
  Watcher watcher;
  auto simulated = make_virtual_executor(bowls(), rows, VirtualTime{.ranks = 4, .mean_s = 1.0, .sigma = 0.0});
  StopRequest stop;
  stop.deadline = simulated->now() + 10.5;
  CHECK(Campaign(*s, *simulated, books, watcher).run(stop) == Ending::interrupted);
  CHECK(watcher.seen.size() <= 4 * 10);
  CHECK(watcher.seen.size() >= 4 * 8);
  for (const auto& [key, o] : watcher.seen) CHECK(o.start + o.duration <= stop.deadline);
}

// Toys: blocks of rows that stay where they were made; training: a blob that travels. Both through the same loop.
namespace {

class Blocks final : public Sampler {
 public:
  explicit Blocks(TaskKind kind) : kind_(kind) {}
  std::vector<Task> ask(std::size_t max) override {
    std::vector<Task> tasks;
    while (next_ < 40 && tasks.size() < max) tasks.push_back({kind_, next_++, pack(std::vector<double>{double(next_)})});
    return tasks;
  }
  void tell(const Outcome& o) override {
    told_ += 1;
    sum_ += o.values.at(0);
    bytes_ += o.blob.size();
  }
  TaskId end() const override { return 40; }
  bool done() const override { return told_ == 40; }
  void save(std::ostream&) const override {}
  void load(std::istream&) override {}
  std::size_t told_ = 0, bytes_ = 0;
  double sum_ = 0;

 private:
  TaskKind kind_;
  TaskId next_ = 0;
};

class BlockWork final : public Work {
 public:
  void run(const Task& task, Outcome& o) override {
    o.status = Status::ok;
    o.rows.assign(300, double(task.id));
    o.values = {double(task.id)};
    o.blob.assign(100000, std::byte{1});
  }
};

class CountRows final : public RowSink {
 public:
  void keep(const Outcome& o) override { rows += o.rows.size(); }
  std::size_t rows = 0;
};

}  // namespace

TEST_CASE("blocks of toys and blobs go through the same loop") {
  for (const TaskKind kind : {TaskKind::toys, TaskKind::train}) {
    CountRows sink;
    Blocks blocks(kind);
    Ledger books(LedgerRules{.kind = kind});
    NoRecorder none;
    auto simulated = make_virtual_executor([] { return std::make_unique<BlockWork>(); }, sink, VirtualTime{.ranks = 3});
    CHECK(Campaign(blocks, *simulated, books, none).run() == Ending::complete);
    CHECK(blocks.done());
    CHECK(blocks.sum_ == 40 * 39 / 2);
    CHECK(blocks.bytes_ == 40 * 100000);
    CHECK(sink.rows == 40 * 300);
  }
}

TEST_CASE("a point that was evaluated elsewhere is not taken for this job's") {
  NoRows rows;
  Watcher first;
  auto s = sampler("random");
  Ledger books(LedgerRules{.evaluations = 50});
  Campaign(*s, *make_serial_executor(bowls(), rows), books, first).run();
  Watcher second;
  second.known_before = first.seen;
  second.known_before[{TaskKind::point, 7}].values[1] += 1e-3;
  auto other = sampler("random");
  Ledger again(LedgerRules{.evaluations = 50});
  const auto executor = make_serial_executor(bowls(), rows);
  CHECK_THROWS_WITH(Campaign(*other, *executor, again, second).run(), Catch::Contains("point 7") && Catch::Contains("--fresh"));
}

namespace {

/// Busy share of a whole campaign in virtual time, log-normal durations of sigma 1.
double busy_share(const std::string& type, int ranks, std::uint64_t look_ahead) {
  Faults faults;
  Config config = Config::map({{"type", Config(type), {}}});
  if (look_ahead > 0) config.set("look_ahead", Config(std::to_string(look_ahead)));
  const std::uint64_t evaluations = 100 * static_cast<std::uint64_t>(ranks);
  const auto s = SamplerRegistry::instance().make(config, faults, SamplerContext{.dim = 3, .periodic = {false, false, false}, .seed = 9, .evaluations = evaluations});
  REQUIRE(s);
  NoRows rows;
  NoRecorder none;
  Ledger books(LedgerRules{.evaluations = evaluations});
  const auto simulated = make_virtual_executor(bowls(), rows, VirtualTime{.ranks = ranks, .mean_s = 0.1, .sigma = 1.0, .latency_s = 1e-4});
  CHECK(Campaign(*s, *simulated, books, none).run() == Ending::complete);
  return simulated->statistics().busy_share(ranks);
}

}  // namespace

TEST_CASE("512 and 4096 simulated ranks are busy in the whole loop, with a population where its look_ahead is long enough") {
  CHECK(busy_share("random", 512, 0) > 0.95);
  CHECK(busy_share("random", 4096, 0) > 0.95);
  CHECK(busy_share("differential_evolution", 512, 32 * 512) > 0.9);
  CHECK(busy_share("differential_evolution", 512, 0) < 0.2);  // so that the figure tells
}
