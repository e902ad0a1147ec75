#include "jobs/simulators/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace umbra {
namespace {

std::string read_all(const char* path) {
  std::string text;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = read(file, buffer.data(), buffer.size())) > 0;) text.append(buffer.data(), static_cast<std::size_t>(n));
  close(file);
  return text;
}

void append_children(pid_t process, std::vector<pid_t>& all) {
  char path[96];
  std::snprintf(path, sizeof path, "/proc/%d/task", process);
  DIR* threads = opendir(path);
  if (!threads) return;
  while (const dirent* thread = readdir(threads)) {
    if (thread->d_name[0] == '.') continue;
    std::snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", process, thread->d_name);
    const std::string list = read_all(path);
    char* end = nullptr;
    for (const char* at = list.c_str(); *at; at = end) {
      const long child = std::strtol(at, &end, 10);
      if (end == at) break;
      all.push_back(static_cast<pid_t>(child));
    }
  }
  closedir(threads);
}

}  // namespace

std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> all;
  append_children(root, all);
  for (std::size_t i = 0; i < all.size(); ++i) append_children(all[i], all);
  return all;
}

bool has_living_child(pid_t process) {
  std::vector<pid_t> children;
  append_children(process, children);
  return std::any_of(children.begin(), children.end(), [](pid_t child) {
    const std::string stat = read_all(("/proc/" + std::to_string(child) + "/stat").c_str());
    const std::size_t name_end = stat.rfind(')');
    return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] != 'Z';
  });
}

std::vector<pid_t> processes_with(const char* name, const std::string& text) {
  std::vector<pid_t> found;
  DIR* all = opendir("/proc");
  if (!all) return found;
  while (const dirent* entry = readdir(all)) {
    const pid_t process = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (process <= 0) continue;
    const std::string path = "/proc/" + std::to_string(process) + "/" + name;
    if (read_all(path.c_str()).find(text) != std::string::npos) found.push_back(process);
  }
  closedir(all);
  return found;
}

ProcessUsage usage(const std::vector<pid_t>& processes) {
  ProcessUsage sum;
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE)), tick = static_cast<double>(sysconf(_SC_CLK_TCK));
  for (const pid_t process : processes) {
    char path[48];
    std::snprintf(path, sizeof path, "/proc/%d/stat", process);
    const std::string stat = read_all(path);
    // The second field is the program's name in brackets and may hold anything; fields 14 to 17 are times, 24 is the resident size.
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    unsigned long times[4] = {};
    long resident = 0;
    if (std::sscanf(stat.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu %*d %*d %*d %*d %*u %*u %ld", &times[0],
                    &times[1], &times[2], &times[3], &resident) != 5)
      continue;
    sum.memory += static_cast<double>(resident) * page;
    sum.cpu_seconds += static_cast<double>(times[0] + times[1] + times[2] + times[3]) / tick;
  }
  return sum;
}

}  // namespace umbra
