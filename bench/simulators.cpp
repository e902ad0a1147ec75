// What a connection to a simulator costs beside the bare system calls: medians of 5 interleaved pairs.
//   bench_simulators            prints a table
//   bench_simulators PEER ...   (used by itself) the other end of a ping-pong
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "jobs/simulators/guard.h"
#include "jobs/working_directory.h"
#include "src/formats/json_line.h"
#include "src/models/evaluator.h"

using namespace umbra;

namespace {

std::size_t num_columns = 40;
std::string self;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

void print(const std::string& what, const std::function<double()>& ours, const std::function<double()>& bare) {
  std::vector<double> a, b, difference, ratio;
  for (int pair = 0; pair < 5; ++pair) {
    b.push_back(bare());
    a.push_back(ours());
    difference.push_back(a.back() - b.back());
    ratio.push_back(a.back() / b.back());
  }
  fmt::print("{:<58}{:>10.1f}{:>10.1f}{:>11.1f}{:>8.2f}\n", what, 1e6 * median(b), 1e6 * median(a), 1e6 * median(difference), median(ratio));
  std::fflush(stdout);
}

// The median over single points, or another quantile: where other work shares the cores, each wait for a process costs a slice of its time.
double time_of(int n, const std::function<void()>& once, double quantile = 0.5) {
  once();
  std::vector<double> times;
  for (int i = 0; i < n; ++i) {
    const double begin = seconds();
    once();
    times.push_back(seconds() - begin);
  }
  std::sort(times.begin(), times.end());
  return times[static_cast<std::size_t>(quantile * n)];
}

Config parse(std::vector<Config::Item> items) { return Config::map(std::move(items)); }

std::unique_ptr<Evaluator> make(const Config& config, const std::vector<std::string>& parameters) {
  Faults faults;
  auto model = ModelRegistry::instance().make(config, faults, ModelContext{parameters});
  faults.throw_if_any("bench");
  return model;
}

std::vector<std::string> names(const char* letter, std::size_t n) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back(letter + std::to_string(i));
  return all;
}

void ask(Evaluator& model, const std::vector<double>& theta, std::vector<double>& row) {
  static std::uint64_t id = 0;
  RandomStream stream(1, Purpose::evaluate, ++id);
  const Evaluation e = model.evaluate(theta, stream, row);
  if (e.status == Status::ok) return;
  fmt::print(stderr, "{}: {}\n", name(e.status), e.message);
  std::exit(1);
}

void spawn_and_wait(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ) != 0) std::exit(1);
  posix_spawn_file_actions_destroy(&actions);
  waitpid(child, nullptr, 0);
}

/// A process with a pipe each way that answers `request` bytes with `answer` bytes.
class PingPong {
 public:
  PingPong(std::size_t request, std::size_t answer) : request_(request, 'x'), answer_(answer, 'y') {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) std::exit(1);
    child_ = fork();
    if (child_ == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      for (int d = 3; d < 64; ++d) close(d);
      execl(self.c_str(), self.c_str(), "echo", std::to_string(request).c_str(), std::to_string(answer).c_str(), nullptr);
      _exit(1);
    }
    close(to[0]);
    close(from[1]);
    in_ = to[1];
    out_ = from[0];
  }
  ~PingPong() {
    close(in_);
    close(out_);
    waitpid(child_, nullptr, 0);
  }
  void once() {
    if (write(in_, request_.data(), request_.size()) < 0) std::exit(1);
    for (std::size_t got = 0; got < answer_.size();) {
      const ssize_t n = read(out_, answer_.data(), answer_.size() - got);
      if (n <= 0) std::exit(1);
      got += static_cast<std::size_t>(n);
    }
  }

 private:
  std::string request_, answer_;
  pid_t child_;
  int in_, out_;
};

int echo(std::size_t request, std::size_t answer) {
  std::string in(request, ' '), out(answer, 'y');
  for (;;) {
    for (std::size_t got = 0; got < request;) {
      const ssize_t n = read(0, in.data(), request - got);
      if (n <= 0) return 0;
      got += static_cast<std::size_t>(n);
    }
    if (write(1, out.data(), out.size()) < 0) return 0;
  }
}

std::string answer_tail() {
  std::string tail = ",\"values\":[";
  for (std::size_t i = 0; i < num_columns; ++i) tail += (i ? "," : "") + fmt::format("{}", 1000.0 / (3.0 + static_cast<double>(i)));
  return tail + "]}\n";
}

// Keeps to the protocol and computes nothing: what is timed is Umbra's side and the pipes.
int protocol_peer() {
  std::string columns;
  for (const std::string& c : names("c", num_columns)) columns += (columns.empty() ? "\"" : ",\"") + c + "\"";
  const std::string hello = "{\"umbra\":1,\"columns\":[" + columns + "]}\n", tail = answer_tail();
  std::string out(2048, ' ');
  std::memcpy(out.data(), "{\"id\":", 6);
  static char buffer[65536];
  std::size_t got = 0;
  bool greeted = false;
  for (ssize_t n; (n = read(0, buffer + got, sizeof buffer - got)) > 0;) {
    got += static_cast<std::size_t>(n);
    if (buffer[got - 1] != '\n') continue;
    const std::size_t id_size = std::strcspn(buffer + 6, ",");
    std::memcpy(out.data() + 6, buffer + 6, id_size);
    std::memcpy(out.data() + 6 + id_size, tail.data(), tail.size());
    if (write(1, greeted ? out.data() : hello.data(), greeted ? 6 + id_size + tail.size() : hello.size()) < 0) return 0;
    greeted = true;
    got = 0;
  }
  return 0;
}

void bind_to_first_core() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
}

void external(const std::string& folder) {
  const std::string echo_program = "/bin/echo";
  auto plain = make(parse({{"type", Config("external"), {}},
                           {"steps", Config::list({parse({{"command", Config("/bin/echo 12.5"), {}}, {"outputs", parse({{"a", parse({{"csv", Config("0"), {}}, {"file", Config("stdout"), {}}}), {}}}), {}}})}), {}}}),
                    {"x"});
  std::vector<double> row(1);
  for (const double q : {0.5, 0.05})
    print(fmt::format("external, /bin/echo, one number, {:.0f} % quantile", 100 * q), [&] { return time_of(400, [&] { ask(*plain, {1.0}, row); }, q); },
          [&] { return time_of(400, [&] { spawn_and_wait({echo_program, "12.5"}); }, q); });

  const std::string spectrum = companion_program("umbra-spectrum"), base = UMBRA_SOURCE_DIR "/examples/pmssm_base.slha";
  std::vector<Config::Item> outputs;
  for (const char* id : {"25", "35", "36", "37", "1000021", "1000022", "1000024", "1000006"})
    outputs.push_back({std::string("m") + id, parse({{"slha", Config(std::string("MASS ") + id), {}}, {"file", Config("out.slha"), {}}}), {}});
  auto chain = make(parse({{"type", Config("external"), {}},
                           {"steps", Config::list({parse({{"command", Config(spectrum + " in.slha out.slha"), {}},
                                                          {"inputs", parse({{"in.slha", parse({{"template", Config(base), {}}, {"slha", parse({{"MINPAR 3", Config("x"), {}}, {"EXTPAR 1", Config("30*x"), {}}}), {}}}), {}}}), {}},
                                                          {"outputs", Config::map(outputs), {}}})}),
                            {}}}),
                    {"x"});
  row.resize(outputs.size());
  print("external, umbra-spectrum, template in, 8 SLHA numbers out", [&] { return time_of(300, [&] { ask(*chain, {10.0}, row); }); },
        [&] { return time_of(300, [&] { spawn_and_wait({spectrum, base, folder + "/out.slha"}); }); });
}

void program(std::size_t num_parameters, std::size_t columns, const std::string& placement) {
  num_columns = columns;
  std::vector<double> theta, row(num_columns);
  for (std::size_t i = 0; i < num_parameters; ++i) theta.push_back(4000.0 / (7.0 + static_cast<double>(i)));
  std::string line;
  write_point(line, 10000, 1234567890123456, theta);
  PingPong bare(line.size(), answer_tail().size() + 11);
  auto model = make(parse({{"type", Config("program"), {}}, {"command", Config(fmt::format("{} protocol {}", self, num_columns)), {}}}), names("p", num_parameters));
  print(fmt::format("program, {} numbers there, {} back, {}", num_parameters, num_columns, placement), [&] { return time_of(20000, [&] { ask(*model, theta, row); }); }, [&] { return time_of(20000, [&] { bare.once(); }); });
}

void library(const std::string& placement) {
  std::vector<double> row(2);
  PingPong bare(16 + 2 * 8, 16 + 2 * 8);
  const Config config = parse({{"type", Config("library"), {}}, {"file", Config(UMBRA_BINARY_DIR "/lib/libexample_model.so"), {}}, {"columns", Config::list({Config("log_L"), Config("radius")}), {}}});
  auto model = make(config, {"x", "y"});
  print("library in a child, 2 numbers each way, " + placement, [&] { return time_of(20000, [&] { ask(*model, {1.0, 2.0}, row); }); }, [&] { return time_of(20000, [&] { bare.once(); }); });
}

}  // namespace

int main(int argc, char* argv[]) {
  self = std::filesystem::read_symlink("/proc/self/exe");
  if (argc > 1 && std::strcmp(argv[1], "echo") == 0) return echo(std::stoul(argv[2]), std::stoul(argv[3]));
  if (argc > 2 && std::strcmp(argv[1], "protocol") == 0) {
    num_columns = std::stoul(argv[2]);
    return protocol_peer();
  }
  char folder[] = "/tmp/umbra-bench-XXXXXX";
  if (!mkdtemp(folder)) return 1;
  fmt::print("{:<58}{:>10}{:>10}{:>11}{:>8}\n", "microseconds a point", "bare", "Umbra", "difference", "ratio");
  external(folder);
  program(20, 40, "any core");
  program(5, 5, "any core");
  library("any core");
  bind_to_first_core();
  program(20, 40, "one core");
  program(5, 5, "one core");
  library("one core");
  std::filesystem::remove_all(folder);
}
