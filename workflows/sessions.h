#pragma once
// RUN/sessions.json: the starts of a campaign, when, on what and how each ended.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace umbra {

/// One start of a campaign.
struct Session {
  double start = 0.0;  ///< Unix s
  double end = 0.0;    ///< 0 while it runs, or where it was killed
  int ranks = 0;
  std::vector<std::string> hosts;
  double busy_s = 0.0;
  double span_s = 0.0;  ///< last dispatch - first dispatch
  std::uint64_t outcomes_before = 0;
  std::string stopped_by;  ///< "signal", "deadline" or "trouble"; "" where it came to its end, runs or was killed
};

/// Those of RUN/sessions.json: none where there is no such file, nothing where it cannot be understood.
std::optional<std::vector<Session>> read_sessions(const std::string& run);
/// Replaces the file; throws FileError.
void write_sessions(const std::string& run, const std::vector<Session>& sessions);
/// The same as one line.
std::string sessions_line(const std::vector<Session>& sessions);

}  // namespace umbra
