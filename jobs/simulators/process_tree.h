#pragma once
// The processes below one process, as Linux's /proc shows them.

#include <sys/types.h>

#include <string>
#include <vector>

namespace umbra {

/// Every live descendant of `root`, itself excluded. One open and read for each thread of each process (about 20 us a process).
std::vector<pid_t> descendants(pid_t root);

/// Whether a process has a child that is no zombie.
bool has_living_child(pid_t process);

/// Every process of this machine whose file `name` in /proc ("cmdline", "environ") holds a text; zombies have none. Reads one file a process.
std::vector<pid_t> processes_with(const char* name, const std::string& text);

/// What some processes use together; those that have gone meanwhile count nothing.
struct ProcessUsage {
  double memory = 0.0;       ///< resident, bytes; memory that is shared counts for each
  double cpu_seconds = 0.0;  ///< their own and that of their children that they waited for
};
ProcessUsage usage(const std::vector<pid_t>& processes);

}  // namespace umbra
