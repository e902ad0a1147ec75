#include "io/together.h"

#include <fmt/format.h>

#include <exception>
#include <string>

#include "io/file.h"

namespace umbra {

void together(const Communicator& ranks, const std::function<void()>& local) {
  std::string error;  // its first character tells the kind
  try {
    local();
  } catch (const FileError& e) {
    error = (e.no_space() ? "n" : "b") + std::string(e.what());
  } catch (const std::exception& e) {
    error = "b" + std::string(e.what());
  }
  if (ranks.all_true(error.empty())) return;
  const auto errors = ranks.all_gather(error);
  Trouble trouble;
  for (std::size_t r = 0; r < errors.size(); ++r) {
    if (errors[r].empty()) continue;
    const auto kind = errors[r][0] == 'n' ? Trouble::Kind::no_space : Trouble::Kind::broken;
    if (trouble.kind == Trouble::Kind::none || kind == Trouble::Kind::broken) trouble = {kind, fmt::format("rank {}: {}", r, errors[r].substr(1))};
    if (kind == Trouble::Kind::broken) break;
  }
  throw SharedTrouble{trouble};
}

void on_root(const Communicator& ranks, const std::function<void()>& local) {
  together(ranks, [&] {
    if (ranks.rank() == 0) local();
  });
}

}  // namespace umbra
