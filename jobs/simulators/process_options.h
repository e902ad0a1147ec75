#pragma once
// The options that all simulators have which stay alive from point to point.

#include <string>

#include "jobs/simulators/guard_protocol.h"
#include "src/base/options.h"

namespace umbra {

struct ProcessOptions {
  Seconds timeout{600.0}, start_timeout{60.0}, cpu_time{0.0};
  Bytes memory{0.0}, max_output{1e8};
  int retries = 0, keep_failed = 0, cores = 1;

  ProcessLimits limits() const { return {0.0, cpu_time.value, memory.value, max_output.value}; }
};

/// @param note at the end of each meaning, or ""
template <class O>
void add_process_options(OptionSet<O>& set, const std::string& note = "") {
  set.add("timeout", static_cast<Seconds O::*>(&O::timeout), "wall time for one point, after which the process is ended and started anew" + note, above(0))
      .add("start_timeout", static_cast<Seconds O::*>(&O::start_timeout), "wall time for its start" + note, above(0))
      .add("cpu_time", static_cast<Seconds O::*>(&O::cpu_time), "CPU time of all its processes for one point; 0: no limit" + note, at_least(0))
      .add("memory", static_cast<Bytes O::*>(&O::memory), "resident memory of all its processes together; 0: no limit" + note, at_least(0))
      .add("max_output", static_cast<Bytes O::*>(&O::max_output), "size of any one file that it writes, what it prints to standard error included; 0: no limit" + note, at_least(0))
      .add("retries", static_cast<int O::*>(&O::retries), "how often a point that failed is asked again, of a fresh process" + note, between(0, 100))
      .add("keep_failed", static_cast<int O::*>(&O::keep_failed), "of how many failed points each rank keeps the files (in RUN/failed)" + note, at_least(0))
      .add("cores", static_cast<int O::*>(&O::cores), "threads that it uses (sets OMP_NUM_THREADS and lifts the binding to one core)" + note, at_least(1));
}

}  // namespace umbra
