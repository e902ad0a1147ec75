// model: {type: library} of workflow: toys: a user's own likelihood in a shared library (umbra_toys.h).

#include <filesystem>
#include <fstream>
#include <iterator>

#include "jobs/child.h"
#include "jobs/simulators/toy_plugin.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

// How long the trial of a library may take: so many times the timeout of a toy, and so much for loading it, s.
constexpr double start_patience = 4.0, start_s = 10.0;

struct Options {
  std::string file, data, settings, isolation = "process";
  Seconds timeout{600.0};

  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("file", &Options::file, "the shared library; paths are relative to the job file", required());
    o.add("data", &Options::data, "a text file of the numbers that are the data of the experiment, between spaces, commas or line ends; # begins a comment", required());
    o.add("settings", &Options::settings, "a text for the library");
    o.add("isolation", &Options::isolation, "process: a crash is the status of a toy; none: fastest, a crash is the rank's", one_of({"process", "none"}));
    o.add("timeout", &Options::timeout, "wall time for one toy, all its fits included (isolation: process)", above(0));
    return o;
  }
};

std::string path_of(const std::string& file) {
  std::error_code ignored;
  return (std::filesystem::absolute(working_directory().job, ignored) / file).lexically_normal();
}

std::vector<double> read_data(const std::string& file) {
  std::ifstream in(file);
  VALIDATE(in.good(), "the file {} cannot be read: is the path right? It is relative to the folder of the job file", file);
  std::vector<double> data;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    line = line.substr(0, line.find('#'));
    constexpr const char* between = " \t\r,;";
    for (std::size_t at = line.find_first_not_of(between); at != std::string::npos;) {
      const std::size_t end = std::min(line.find_first_of(between, at), line.size());
      const auto value = parse_number(line.substr(at, end - at));
      VALIDATE(value, "{}:{}: '{}' is no number", file, number, line.substr(at, end - at));
      data.push_back(*value);
      at = line.find_first_not_of(between, end);
    }
  }
  return data;
}

// The whole way of a toy in a child, so that a library that cannot go it is told of before any rank dies of it.
void try_in_child(const ToyPluginOptions& options) {
  Child child([&options](const Child::Voice& voice) {
    char done = 1;
    std::string error;
    try {
      ToyPlugin model(options);
      FitResult fit;
      model.fit(model.poi_range(), fit);
      std::vector<double> data;
      model.generate(model.initial(), {1, 0, 0}, data);
      model.set_data(data);
      model.fit(model.poi_range(), fit);
    } catch (const UserError& e) {
      done = 0;
      error = e.what();
    }
    const std::uint64_t size = error.size();
    voice.say(&done, 1);
    voice.say(&size, sizeof size);
    voice.say(error.data(), size);
  });
  char done = 0;
  std::uint64_t size = 0;
  const double patience = start_patience * *options.timeout + start_s;
  const bool heard = child.hear(&done, 1, patience) && child.hear(&size, sizeof size);
  std::string error(heard ? size : 0, '\0');
  if (heard) child.hear(error.data(), size);
  const bool timed_out = child.timed_out();
  const std::string end = child.end();
  VALIDATE(heard, "{} was tried with a fit to the data and a toy, and {}: run it under a debugger, or with smaller data", options.file,
           timed_out ? fmt::format("took longer than {} s", patience) : "the process " + end);
  VALIDATE(done, "{}", error);
}

std::unique_ptr<ToyModel> make(const Config& config, Faults& faults) {
  const std::size_t before = faults.size();
  const Options o = Options::options().read(config, faults, "model library");
  if (faults.size() != before) return nullptr;
  try {
    ToyPluginOptions options{path_of(o.file), o.settings, read_data(path_of(o.data)), {}};
    VALIDATE(std::filesystem::is_regular_file(options.file), "there is no file {}, correct its path (relative ones start from the job file's folder)", options.file);
    if (o.isolation == "process") {
      options.timeout = o.timeout.value;
      try_in_child(options);
    }
    return std::make_unique<ToyPlugin>(std::move(options));
  } catch (const UserError& e) {
    faults.add(config.find("file")->mark(), fmt::format("model library: {}", e.what()));
    return nullptr;
  }
}

[[maybe_unused]] const bool registered =
    ToyModelRegistry::instance().add("library", {"a likelihood in a shared library, in C, C++ or Fortran: binned, unbinned, anything", "", Options::options().describe(), make});

}  // namespace
}  // namespace umbra
