#pragma once
// What the tests of simulators share.

#include <dirent.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "jobs/simulators/process_tree.h"
#include "src/models/evaluator.h"
#include "tests/support/catch.h"
#include "tests/support/yaml.h"

namespace umbra::test {

inline const std::string evil = UMBRA_BINARY_DIR "/bin/test_evil";
/// A word on the command line of everything that this test program starts.
inline const std::string mark = "mark-" + std::to_string(getpid());

/// Processes of this machine with a word on their command line, this one excluded.
inline std::vector<pid_t> marked(const std::string& word = mark) {
  std::vector<pid_t> found = processes_with("cmdline", word);
  std::erase(found, getpid());
  return found;
}

/// Looks until `condition` holds, for at most `seconds`.
template <class Condition>
bool soon(double seconds, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

inline std::unique_ptr<Evaluator> make_model(const std::string& text, const std::vector<std::string>& parameters = {"x"}) {
  Faults faults;
  auto model = ModelRegistry::instance().make(yaml(text), faults, ModelContext{parameters});
  INFO(faults.report("job.yaml"));
  REQUIRE(faults.empty());
  return model;
}

inline std::string faults_of(const std::string& text, const std::vector<std::string>& parameters = {"x"}) {
  Faults faults;
  CHECK(ModelRegistry::instance().make(yaml(text), faults, ModelContext{parameters}) == nullptr);
  return faults.report("job.yaml");
}

struct Answered {
  Status status;
  std::string message;
  std::vector<double> row;
};

inline Answered ask(Evaluator& model, const std::vector<double>& theta = {1.0}, std::uint64_t id = 0) {
  RandomStream stream(1, Purpose::evaluate, id);
  std::vector<double> row(model.columns().size(), std::nan(""));
  const Evaluation e = model.evaluate(theta, stream, row);
  return {e.status, e.message, row};
}

/// A folder that goes with the test.
struct Folder {
  Folder() : path("/tmp/umbra-test-XXXXXX") { REQUIRE(mkdtemp(path.data())); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path + "/" + name) << text; }
  std::string path;
};

}  // namespace umbra::test
