// umbra-host: a process of its own for a model in a shared library, so that its crash is a status and not the end of a rank.
//   umbra-host LIBRARY NUM_PARAMETERS NAME... NUM_COLUMNS NAME...

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <string>
#include <vector>

#include "jobs/simulators/plugin.h"
#include "jobs/simulators/umbra_model.h"

using namespace umbra;

namespace {

bool read_fully(int file, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t n = read(file, to, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_fully(int file, const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t n = write(file, from, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    from += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

int main(int argc, char* argv[]) {
  // What the library prints must not get between the answers.
  const int answers = fcntl(1, F_DUPFD_CLOEXEC, 3);  // nor may what it starts hold them open
  dup2(2, 1);
  std::vector<std::string> names[2];
  int at = 2;
  for (std::vector<std::string>& list : names) {
    const int count = at < argc ? std::atoi(argv[at++]) : 0;
    for (int i = 0; i < count && at < argc; ++i) list.emplace_back(argv[at++]);
  }
  const std::size_t n = names[0].size(), m = names[1].size();
  if (argc < 2 || m == 0) return 2;

  std::vector<char> request(sizeof(PluginRequest) + n * sizeof(double)), answer(sizeof(PluginAnswer) + m * sizeof(double) + UMBRA_MESSAGE_SIZE + 1);
  std::vector<double> theta(n), row(m);
  char* const message = answer.data() + sizeof(PluginAnswer) + m * sizeof(double);
  const auto say = [&](const PluginAnswer& head) {
    std::memcpy(answer.data(), &head, sizeof head);
    std::memcpy(answer.data() + sizeof head, row.data(), m * sizeof(double));
    return write_fully(answers, answer.data(), answer.size() - 1 - (head.status == 0 ? UMBRA_MESSAGE_SIZE : 0));
  };
  try {
    Plugin plugin(argv[1], names[0], names[1]);
    for (bool there = say({}); there && read_fully(0, request.data(), request.size());) {
      PluginRequest head;
      std::memcpy(&head, request.data(), sizeof head);
      std::memcpy(theta.data(), request.data() + sizeof head, n * sizeof(double));
      row.assign(m, std::numeric_limits<double>::quiet_NaN());
      message[0] = '\0';
      const int status = plugin.evaluate(theta.data(), head.seed, row.data(), message);
      there = say({head.id, status});
    }
  } catch (const std::exception& e) {
    std::strncpy(message, e.what(), UMBRA_MESSAGE_SIZE - 1);
    say({0, -1});
    return 1;
  }
  return 0;
}
