// Runs a fuzz target where the compiler has no libFuzzer: on every seed as it is, then on damaged ones, the same every time.
//   fuzz_NAME RUNS SEEDS DICTIONARY [FIRST]      the failing input is left in the file fuzz-NAME-failure
//   fuzz_NAME FILE                               runs one input
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

extern "C" const char* __asan_default_options() { return "abort_on_error=1:detect_leaks=0"; }
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:abort_on_error=1:print_stacktrace=1"; }

namespace {

namespace fs = std::filesystem;
constexpr std::size_t longest = 4096;
constexpr unsigned seconds_an_input = 20;
std::string input, failure_file;

void leave_input(int number) {
  if (std::FILE* out = std::fopen(failure_file.c_str(), "wb")) {
    std::fwrite(input.data(), 1, input.size(), out);
    std::fclose(out);
  }
  std::fprintf(stderr, "%s: the input is in %s\n", number == SIGALRM ? "it took too long" : "it failed", failure_file.c_str());
  signal(number, SIG_DFL);
  raise(number);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void run() {
  alarm(seconds_an_input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

// libFuzzer's form: "text" with \\, \" and \xHH, one a line.
std::vector<std::string> read_dictionary(const fs::path& path) {
  std::vector<std::string> words;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('"')) continue;
    std::string word;
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
      if (line[i] != '\\') word += line[i];
      else if (line[++i] != 'x') word += line[i];
      else word += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16)), i += 2;
    }
    words.push_back(word);
  }
  return words;
}

std::string damaged(const std::vector<std::string>& seeds, const std::vector<std::string>& words, std::mt19937_64& random) {
  const auto below = [&random](std::size_t n) { return n == 0 ? 0 : random() % n; };
  std::string text = seeds[below(seeds.size())];
  for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
    const std::size_t at = below(text.size() + 1);
    const std::string& other = seeds[below(seeds.size())];
    switch (below(8)) {
      case 0: text.insert(at, 1, static_cast<char>(below(256))); break;
      case 1: text.erase(at, 1 + below(10)); break;
      case 2: text.insert(at, text.substr(below(text.size()), below(60))); break;
      case 3: text.resize(at); break;
      case 4: text.insert(at, other.substr(below(other.size()), below(60))); break;
      case 5: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
      default: text.insert(at, words[below(words.size())]);
    }
  }
  text.resize(std::min(text.size(), longest));
  return text;
}

}  // namespace

int main(int argc, char* argv[]) {
  failure_file = fs::path(argv[0]).filename().string() + "-failure";
  for (const int s : {SIGABRT, SIGSEGV, SIGFPE, SIGALRM}) signal(s, leave_input);
  if (argc == 2) {
    input = read_file(argv[1]);
    run();
    return 0;
  }
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s RUNS SEEDS DICTIONARY [FIRST], or %s FILE\n", argv[0], argv[0]);
    return 2;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(argv[2])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const fs::path& file : files) {
    seeds.push_back(read_file(file));
    input = seeds.back();
    run();
  }
  const std::vector<std::string> words = read_dictionary(argv[3]);
  if (seeds.empty() || words.empty()) {
    std::fprintf(stderr, "no seeds in %s or no words in %s\n", argv[2], argv[3]);
    return 2;
  }
  const unsigned long runs = std::stoul(argv[1]), first = argc > 4 ? std::stoul(argv[4]) : 0;
  for (unsigned long i = first; i < first + runs; ++i) {
    std::mt19937_64 random(i);
    input = damaged(seeds, words, random);
    run();
  }
  std::printf("%zu seeds and %lu damaged ones were read without harm\n", seeds.size(), runs);
}
