#include "io/together.h"

#include <fmt/format.h>

#include <climits>
#include <exception>
#include <string>

#include "io/file.h"
#include "jobs/communicator_handle.h"
#include "src/base/error.h"

namespace umbra {

void together(const Communicator& ranks, const std::function<void()>& local) {
  std::string error;  // its first character tells the kind
  try {
    local();
  } catch (const SharedTrouble& t) {  // of a smaller group
    error = (t.trouble.kind == Trouble::Kind::no_space ? "n" : "b") + t.trouble.message;
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

std::vector<std::vector<std::byte>> gather_on_root(const Communicator& ranks, const std::vector<std::byte>& bytes) {
  if (ranks.size() == 1) return {bytes};
  const auto sizes = ranks.all_gather(static_cast<std::uint64_t>(bytes.size()));
  std::vector<int> counts, begins;
  std::uint64_t total = 0;
  for (const std::uint64_t s : sizes) {
    counts.push_back(static_cast<int>(s));
    begins.push_back(static_cast<int>(total));
    total += s;
    EXPECT(total <= INT_MAX);
  }
  const bool root = ranks.rank() == 0;
  std::vector<std::byte> joined(root ? total : 0);
  MPI_Request request;
  UMBRA_MPI(MPI_Igatherv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, joined.data(), counts.data(), begins.data(), MPI_BYTE, 0, ranks.handle().comm, &request));
  wait_politely(request);
  std::vector<std::vector<std::byte>> all;
  for (std::size_t r = 0; root && r < sizes.size(); ++r) all.emplace_back(joined.begin() + begins[r], joined.begin() + begins[r] + counts[r]);
  return all;
}

}  // namespace umbra
