#pragma once
// keep_failed: the files of the first points of a worker that failed, for their owner to look at.

#include <span>
#include <string>
#include <vector>

#include "src/models/evaluator.h"

namespace umbra {

/// Puts them into RUN/failed/HOST-PROCESS-N, with the point in point.txt. A disk that is full or a folder that cannot be made changes nothing else.
class FailedPoints {
 public:
  explicit FailedPoints(int most = 0) : most_(most) {}

  /// Files to copy.
  struct Part {
    std::string from;                ///< a folder
    std::string to;                  ///< below the point's folder, or ""
    std::vector<std::string> files;  ///< relative to `from`; none: everything in it
  };

  bool wants(Status status) const { return kept_ < most_ && is_failure(status); }
  /// @param values parallel to `names`
  void keep(const Evaluation& failed, std::span<const std::string> names, std::span<const double> values, const std::vector<Part>& parts) noexcept;

 private:
  int most_;
  int kept_ = 0;
};

}  // namespace umbra
