#pragma once
// A job file: the tree as the user wrote it (with the overrides of the command line) and the parts that every workflow has.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/config.h"
#include "src/base/options.h"
#include "src/base/slice.h"

namespace umbra {

struct OutputOptions {
  std::string directory;  ///< "": runs/<name>
  Seconds save_every{60.0};
  std::string full_disk = "stop";
  static OptionSet<OutputOptions> options();
};

struct StopOptions {
  std::optional<std::uint64_t> evaluations;
  std::optional<Seconds> walltime;
  static OptionSet<StopOptions> options();
};

struct FailureOptions {
  double budget = 0.5;
  std::uint64_t after = 100;
  static OptionSet<FailureOptions> options();
};

struct Job {
  std::string file;  ///< for messages
  bool coordinates = true;  ///< whether this is the rank that makes the sampler; the others read nothing that only it needs
  Config root;
  std::string name;
  std::uint64_t seed = 1;
  std::string workflow = "scan";
  OutputOptions output;
  StopOptions stop;
  Config stop_rest;  ///< entries of `stop` that belong to the sampler or the workflow
  FailureOptions failures;
  std::optional<Slice> slice;  ///< the part of the campaign that this run makes; none: all of it

  /// @param overrides "key.sub=value" each, the value in YAML
  /// Adds the faults of the common part; the workflow checks the rest.
  static Job read(const std::string& text, const std::string& file, const std::vector<std::string>& overrides, Faults& faults);
};

/// What differs between a job and an earlier one that made the run directory, "key.sub: was ..., is ...", without the keys that may differ (by default those
/// that may change between two starts of one campaign).
std::vector<std::string> differences(const Config& earlier, const Config& now, const std::vector<std::string>& may_differ = {"stop", "output", "name", "failures", "baseline"});

/// Where a slice keeps its results: a folder of its own in the run directory of the whole.
std::string slice_directory(const std::string& run, const Slice& slice);

}  // namespace umbra
