#pragma once
// How far a campaign is: RUN/status.json for scripts, a line on the terminal or in a batch log for people.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace umbra {

struct ProgressState {
  std::string name;
  std::string state = "running";  ///< running, complete, over_budget, interrupted, exhausted, failed
  std::uint64_t done = 0;         ///< tasks in id order
  std::optional<std::uint64_t> total;
  std::uint64_t failures = 0;
  double best = -std::numeric_limits<double>::infinity();
  double rate = 0.0;              ///< tasks a second, lately
  double busy_share = 0.0;
  double elapsed_s = 0.0;         ///< of this start
  int ranks = 1;
  std::vector<std::pair<std::string, double>> numbers;  ///< what the sampler adds (the current p-value, the remaining evidence); NAME_error after NAME
  std::string note;               ///< trouble, in words

  std::optional<double> seconds_left() const;
};

/// JSON text of a state, with the time of writing.
std::string status_json(const ProgressState& state, double unix_time);
/// "  41.2 %  82,400 / 200,000   31.2 k/s   best -3.21   failed 0.1 %   busy 97 %   4 s left"
std::string progress_line(const ProgressState& state);
/// "1 h 02 min", "4.2 s"
std::string human_duration(double seconds);
/// "18 us", "2.3 ms", "41 s"
std::string human_time(double seconds);
/// "31.2 k", "412"
std::string human_count(double count);

/// Prints the line: rewritten in place ten times a second on a terminal, as a new line every 30 s elsewhere.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(bool quiet);
  void show(const ProgressState& state, double now, bool last = false);

 private:
  bool terminal_;
  bool quiet_;
  double next_ = 0.0;
};

}  // namespace umbra
