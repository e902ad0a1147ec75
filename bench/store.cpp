// The store beside bare parallel HDF5 and a bare copy of the same bytes, and the journal.
//   mpirun -n 2 bench_store [segment | merge | bulky | refresh | journal] [rows = 1000000] [directory = .]   medians of 5 interleaved pairs
// Each way of writing ends with the file synced, ours and the bare ones alike; in /dev/shm syncing costs nothing.
#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <numeric>
#include <thread>

#include "bench/targets.h"
#include "io/journal.h"
#include "io/reader.h"
#include "io/store.h"

using namespace umbra;

namespace {

bench::Targets targets;

constexpr std::size_t many_rows = 2000000;  ///< beyond, one round is enough
constexpr std::size_t num_columns = 60;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double processor_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

/// Wall time of something that all ranks do, from the first to begin to the last to end.
double timed(const Communicator& ranks, const std::function<void()>& act) {
  ranks.barrier();
  const double start = seconds();
  act();
  ranks.barrier();
  return seconds() - start;
}

void sync_file(const std::string& path) {
  const int d = ::open(path.c_str(), O_WRONLY);
  ::fdatasync(d);
  ::close(d);
}

std::vector<Table> points() {
  Table t;
  for (std::size_t c = 0; c < num_columns; ++c) t.columns.push_back({fmt::format("c{}", c), "GeV", "", Role::observable});
  return {t};
}

Outcome outcome(TaskId id, int rank) {
  Outcome o;
  o.id = id;
  o.rank = rank;
  o.values.resize(num_columns);
  for (std::size_t c = 0; c < num_columns; ++c) o.values[c] = static_cast<double>(id * num_columns + c);
  return o;
}

void carry_out(Store& store, const Communicator& ranks, std::vector<std::byte> command) {
  ranks.broadcast(command);
  store.execute(command);
  if (const Trouble t = store.report().trouble) throw std::runtime_error(t.message);
}

enum class Bare { matrix_collective, matrix_independent, columns_collective, columns_independent, one_block };

/// The same bytes by bare parallel HDF5: rows of `lines` doubles, cut among the ranks.
void write_bare(const Communicator& ranks, const std::string& path, std::size_t lines, std::size_t rows, const std::vector<double>& mine, Bare layout) {
  const auto rank = static_cast<hsize_t>(ranks.rank()), size = static_cast<hsize_t>(ranks.size());
  const hsize_t first = rows * rank / size, count = rows * (rank + 1) / size - first;
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS), transfer = H5Pcreate(H5P_DATASET_XFER), create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL);
  H5Pset_alignment(access, 1 << 16, 4096);
  H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
  const bool collective = layout == Bare::matrix_collective || layout == Bare::columns_collective;
  H5Pset_dxpl_mpio(transfer, collective ? H5FD_MPIO_COLLECTIVE : H5FD_MPIO_INDEPENDENT);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const auto put = [&](const std::string& name, std::vector<hsize_t> extent, std::vector<hsize_t> start, std::vector<hsize_t> length, const double* data) {
    const auto n = static_cast<int>(extent.size());
    const hid_t space = H5Screate_simple(n, extent.data(), nullptr), memory = H5Screate_simple(n, length.data(), nullptr);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, length.data(), nullptr);
    const hid_t set = H5Dcreate2(file, name.c_str(), H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, transfer, data);
    H5Dclose(set);
    H5Sclose(memory);
    H5Sclose(space);
  };
  if (layout == Bare::one_block) put("all", {lines * rows}, {lines * first}, {lines * count}, mine.data());
  else if (layout == Bare::matrix_collective || layout == Bare::matrix_independent) put("all", {lines, rows}, {0, first}, {lines, count}, mine.data());
  else
    for (std::size_t c = 0; c < lines; ++c) put(fmt::format("c{}", c), {rows}, {first}, {count}, mine.data() + c * count);
  H5Fclose(file);
  for (const hid_t p : {access, transfer, create}) H5Pclose(p);
  if (ranks.rank() == 0) sync_file(path);
}

struct Campaign {
  Campaign(const Communicator& all, std::string path, std::size_t rows, std::size_t drains, const StoreOptions& options = {}) : ranks(all), directory(std::move(path)) {
    if (ranks.rank() == 0) std::filesystem::remove_all(directory);
    ranks.barrier();
    store = Store::open(directory, points(), ranks, options);
    const auto rank = static_cast<std::size_t>(ranks.rank()), size = static_cast<std::size_t>(ranks.size());
    std::vector<std::uint64_t> counts(size, 0);
    for (std::size_t d = 0; d < drains; ++d) {
      const TaskId begin = rows * d / drains, end = rows * (d + 1) / drains;
      for (TaskId id = begin; id < end; ++id) {
        ++counts[id % size];
        if (id % size == rank) store->sink().keep(outcome(id, ranks.rank()));
      }
      drain_s += timed(ranks, [&] { carry_out(*store, ranks, rank == 0 ? store->drain(d + 1, counts, "state") : std::vector<std::byte>{}); });
    }
  }
  ~Campaign() { store->close(); }
  const Communicator& ranks;
  std::string directory;
  std::unique_ptr<Store> store;
  double drain_s = 0.0;
};

double peak_memory_mb() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_maxrss) / 1024.0;
}

int rounds(std::size_t rows) { return rows > many_rows ? 1 : 5; }

void segment(const Communicator& ranks, std::size_t rows, const std::string& directory) {
  // The bookkeeping of a row: four integers, two times, a host name of 8 characters here or a little more.
  const std::size_t lines = num_columns + 4 + 2 + 1;
  const std::size_t mine = rows * (static_cast<std::size_t>(ranks.rank()) + 1) / static_cast<std::size_t>(ranks.size()) - rows * static_cast<std::size_t>(ranks.rank()) / static_cast<std::size_t>(ranks.size());
  std::vector<double> data(lines * mine);
  std::iota(data.begin(), data.end(), 0.0);
  const std::vector<std::pair<Bare, const char*>> layouts = {{Bare::matrix_collective, "one 2-D dataset, collective"}, {Bare::matrix_independent, "one 2-D dataset, independent"},
                                                             {Bare::columns_collective, "67 1-D datasets, collective"}, {Bare::columns_independent, "67 1-D datasets, independent"},
                                                             {Bare::one_block, "one block a rank"}};
  std::vector<std::vector<double>> bare(layouts.size());
  std::vector<double> ours;
  double refreshing = 0.0;
  for (int i = 0; i < rounds(rows); ++i) {
    for (std::size_t l = 0; l < layouts.size(); ++l) {
      const std::string path = directory + "/bare.h5";
      bare[l].push_back(timed(ranks, [&] { write_bare(ranks, path, lines, rows, data, layouts[l].first); }));
      if (ranks.rank() == 0) std::filesystem::remove(path);
    }
    const Campaign c(ranks, directory + "/store", rows, 1);
    ours.push_back(c.drain_s);
    refreshing = c.store->report().refresh_s;
  }
  if (ranks.rank() != 0) return;
  const double gb = 8e-9 * static_cast<double>(lines * rows);
  fmt::print("segment of {} rows x {} columns ({:.2f} GB) from {} ranks: {:.3f} s = {:.2f} GB/s\n", rows, num_columns, gb, ranks.size(), median(ours), gb / median(ours));
  for (std::size_t l = 0; l < layouts.size(); ++l) fmt::print("  bare, {}: {:.3f} s = {:.2f} GB/s\n", layouts[l].second, median(bare[l]), gb / median(bare[l]));
  fmt::print("  of ours, replacing results.h5: {:.3f} s\n", refreshing);
  const auto fastest = std::min_element(bare.begin(), bare.end(), [](const auto& a, const auto& b) { return median(a) < median(b); });
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back((*fastest)[i] / ours[i]);
  fmt::print("  rate / rate of the fastest bare layout: {:.2f} {}\n", median(ratios), targets.at_least(median(ratios), 0.6));
}

void merge(const Communicator& ranks, std::size_t rows, const std::string& directory) {
  std::vector<double> ours, bare, ratios;
  for (int i = 0; i < rounds(rows); ++i) {
    const Campaign c(ranks, directory + "/store", rows, std::max<std::size_t>(10, rows / 200000));
    const double merging = timed(ranks, [&] { carry_out(*c.store, ranks, ranks.rank() == 0 ? c.store->merge({}, {}) : std::vector<std::byte>{}); });
    // Both ranks copy, each its half.
    const std::string from = directory + "/store/results.h5", to = directory + "/copy.h5";
    const auto size = std::filesystem::file_size(from);
    const double copying = timed(ranks, [&] {
      const int in = ::open(from.c_str(), O_RDONLY), out = ::open(to.c_str(), O_WRONLY | O_CREAT, 0644);
      std::vector<char> block(std::size_t{4} << 20);
      const auto n = static_cast<std::uint64_t>(ranks.size()), r = static_cast<std::uint64_t>(ranks.rank());
      for (std::uint64_t at = size * r / n, end = size * (r + 1) / n; at < end;) {
        const auto got = ::pread(in, block.data(), std::min<std::uint64_t>(block.size(), end - at), static_cast<off_t>(at));
        if (got <= 0 || ::pwrite(out, block.data(), static_cast<std::size_t>(got), static_cast<off_t>(at)) != got) throw std::runtime_error("copying failed");
        at += static_cast<std::uint64_t>(got);
      }
      ranks.barrier();
      if (r == 0) ::fdatasync(out);
      ::close(in);
      ::close(out);
    });
    if (ranks.rank() == 0) std::filesystem::remove(to);
    ours.push_back(merging);
    bare.push_back(copying);
    ratios.push_back(copying / merging);
  }
  if (ranks.rank() == 0)
    fmt::print("merge, {} rows x {} columns, {} ranks: {:.3f} s; bare copy of the result: {:.3f} s; rate / rate of the copy: {:.2f} {}; peak memory of a rank {:.0f} MB\n", rows, num_columns,
               ranks.size(), median(ours), median(bare), median(ratios), targets.at_least(median(ratios), 0.35), peak_memory_mb());
}

/// Toys: many rows an outcome, from sink to disk, keeping included.
void bulky(const Communicator& ranks, std::size_t rows, const std::string& directory) {
  constexpr std::size_t columns = 7, block = 10000, drains = 4;
  Table toys{.name = "toys", .kind = TaskKind::toys, .columns = {}, .source = RowSource::rows};
  for (std::size_t c = 0; c < columns; ++c) toys.columns.push_back({fmt::format("c{}", c), "", "", Role::observable});
  const auto rank = static_cast<std::size_t>(ranks.rank()), size = static_cast<std::size_t>(ranks.size());
  const std::size_t blocks = rows / block / size;
  Outcome o;
  o.kind = TaskKind::toys;
  o.rows.assign(block * columns, 1.5);
  std::vector<double> bytes(blocks * block * (columns + 1), 2.5);
  std::vector<double> ours, bare, ratios, kept;
  for (int i = 0; i < 5; ++i) {
    bare.push_back(timed(ranks, [&] { write_bare(ranks, directory + "/bare.h5", columns + 1, blocks * block * size, bytes, Bare::matrix_independent); }));
    if (rank == 0) std::filesystem::remove_all(directory + "/store");
    ranks.barrier();
    const auto store = Store::open(directory + "/store", {toys}, ranks);
    if (rank == 0) std::filesystem::remove(directory + "/bare.h5");
    double keeping = 0.0;
    ours.push_back(timed(ranks, [&] {
      for (std::size_t d = 1; d <= drains; ++d) {
        const double start = seconds();
        for (std::size_t b = blocks * (d - 1) / drains; b < blocks * d / drains; ++b) {
          o.id = b * size + rank;
          store->sink().keep(o);
        }
        keeping += seconds() - start;
        carry_out(*store, ranks, rank == 0 ? store->drain(d, std::vector<std::uint64_t>(size, blocks * d / drains), "state") : std::vector<std::byte>{});
      }
    }));
    kept.push_back(keeping);
    store->close();
    ratios.push_back(bare.back() / ours.back());
  }
  if (rank == 0)
    fmt::print("{} toys of {} columns, {} ranks: {:.3f} s = {:.2f} us a toy and rank, keeping them {:.3f} s of it; bare write {:.3f} s; rate / bare rate {:.2f} {}\n", rows, columns, size, median(ours),
               median(ours) / static_cast<double>(blocks * block) * 1e6, median(kept), median(bare), median(ratios), targets.at_least(median(ratios), 0.5));
}

void refresh(const Communicator& ranks, std::size_t rows, const std::string& directory) {
  const std::size_t most = std::min<std::size_t>(rows / 247, 255);
  // As a campaign compacts its segments, and with as many of them as there may be.
  for (const auto& [drains, options] : {std::pair<std::size_t, StoreOptions>{most, {}}, {63, {.fan_in = 64}}}) {
    const Campaign c(ranks, directory + "/store", drains * 247, drains, options);
    const StoreReport r = c.store->report();
    if (ranks.rank() != 0) continue;
    fmt::print("after {} drains of 247 rows, {} ranks: {} segments, refresh of results.h5 {:.3f} s {}, mean drain with compaction {:.3f} s\n", drains, ranks.size(), r.segments, r.refresh_s, targets.at_most(r.refresh_s, 1),
               c.drain_s / static_cast<double>(drains));
  }
}

void journal(const Communicator& ranks, const std::string& directory) {
  if (ranks.rank() != 0) return;
  const std::string path = directory + "/journal-bench";
  std::filesystem::remove_all(path);
  constexpr std::size_t n = 400000;
  const Outcome o = outcome(7, 0);
  {
    Journal j(path, 0, {"host"});
    const double start = seconds();
    for (std::size_t i = 0; i < n; ++i) j.outcome(o);
    const double noted = seconds() - start;
    j.flush();
    const double all = seconds() - start;
    fmt::print("journal, outcomes of 60 doubles: {:.2f} us each for the caller, {:.0f}/s on disk {}\n", noted / n * 1e6, n / all, targets.at_least(n / all, 20000));
  }
  std::filesystem::remove_all(path);
  {
    // 1000 a second for 5 s: the processor's time of caller and writer together.
    Journal j(path, 0, {"host"});
    const double begin = seconds(), processor = processor_s();
    for (int second = 0; second < 50; ++second) {
      for (int i = 0; i < 100; ++i) j.outcome(o);
      std::this_thread::sleep_until(std::chrono::steady_clock::time_point(std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(begin + 0.1 * (second + 1)))));
    }
    j.flush();
    const double share = 100 * (processor_s() - processor) / (seconds() - begin);
    fmt::print("journal at 1000 outcomes/s: {:.2f} % of one core, with checkpoints {}\n", share, targets.at_most(share, 2));
  }
  const double start = seconds();
  const Journal j(path, 0, {"host"});
  std::size_t replayed = 0;
  j.replay({.outcome = [&](Outcome&&, const std::string&, bool) { ++replayed; }, .start = {}, .note = {}, .session = {}});
  fmt::print("replay: {:.2f} us a record\n", (seconds() - start) / static_cast<double>(replayed) * 1e6);
  std::filesystem::remove_all(path);
}

}  // namespace

int main(int argc, char** argv) {
  const MpiSession session(argc, argv);
  const Communicator ranks = Communicator::world();
  const std::string what = argc > 1 ? argv[1] : "all";
  const std::size_t rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000000;
  const std::string directory = std::string(argc > 3 ? argv[3] : ".") + "/bench-store";
  if (ranks.rank() == 0) std::filesystem::create_directories(directory);
  ranks.barrier();
  if (what == "all" || what == "segment") segment(ranks, rows, directory);
  if (what == "all" || what == "merge") merge(ranks, rows, directory);
  if (what == "all" || what == "bulky") bulky(ranks, 4 * rows, directory);
  if (what == "all" || what == "refresh") refresh(ranks, rows, directory);
  if (what == "all" || what == "journal") journal(ranks, directory);
  ranks.barrier();
  if (ranks.rank() == 0) std::filesystem::remove_all(directory);
  return targets.exit_code();
}
