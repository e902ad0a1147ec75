#pragma once
// RUN/log.txt: what happened when, for people.

#include <memory>
#include <string>

namespace umbra {

/// Appends a line with date and time; never throws (a full disk must not end a campaign that could go on).
class RunLog {
 public:
  explicit RunLog(const std::string& directory);
  ~RunLog();
  void say(const std::string& text);
  void warn(const std::string& text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
