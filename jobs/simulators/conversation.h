#pragma once
// A process that stays alive and is spoken to through its standard input and output, under a guard.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/simulators/failed_points.h"
#include "jobs/simulators/guard.h"
#include "jobs/simulators/hang_up_watch.h"
#include "jobs/simulators/verdict.h"

namespace umbra {

/// One process at a time, begun again after each end. A round trip costs a write and a read, as with a bare pair of pipes: time limits are the
/// guard's to keep, and end a wait by ending the process.
class Conversation {
 public:
  /// @param command its directory, err and variables are set here: the guard's scratch folder
  Conversation(Command command, std::string program);
  ~Conversation();

  bool alive() const { return in_ >= 0; }
  /// Starts a fresh process, which is to say something within `seconds`. @throws UserError where no guard can be started
  void start(double seconds);
  /// Sends a request, to be answered within `seconds`. False where the process has ended.
  bool say(std::string_view bytes, double seconds);
  /// Adds what the process says to heard(), at least one byte; false where it has ended.
  bool hear();
  /// The answer is complete: the process may wait to be asked.
  void answered() {
    guard_->set_deadline(0.0);
    if (greeted_) return;
    greeted_ = true;
    guard_->limit_cpu(true);
  }
  std::string& heard() { return heard_; }
  const std::string& heard() const { return heard_; }

  /// Asks for one point. What goes wrong in a process that has answered before is asked again of a fresh one, so that a status is always that of
  /// the point and not of those before it; only a timeout stands as it is.
  /// @param begin starts a process and greets it; not ok where that fails
  /// @param ask leaves the process alive where it may go on
  template <class Begin, class Ask>
  Evaluation persist(Begin begin, Ask ask) {
    for (;;) {
      if (!alive()) {
        answered_ = false;
        const Evaluation begun = begin();
        if (begun.status != Status::ok) return begun;
      }
      const bool fresh = !answered_;
      Evaluation result = ask();
      answered_ = alive();
      if (answered_ || fresh || result.status == Status::timeout) return result;
    }
  }

  /// As persist(); what fails is asked again of a fresh process, `retries` times.
  template <class Begin, class Ask>
  Evaluation persist(int retries, Begin begin, Ask ask) {
    for (;; --retries) {
      Evaluation result = persist(begin, ask);
      if (retries == 0 || !is_failure(result.status)) return result;
      hang_up();
    }
  }

  /// What it left: its folder, and what it printed to standard error.
  std::vector<FailedPoints::Part> files() const;

  /// Ends the process and says why nothing more came of it.
  Evaluation end();
  /// Ends the process for saying what it should not.
  void hang_up();
  /// Keeps the file of standard error from growing without end in a long campaign.
  void trim_errors();

 private:
  void close_pipes();
  void wake();

  Command command_;
  std::string program_;
  std::unique_ptr<Guard> guard_;
  std::string heard_;
  std::vector<char> buffer_ = std::vector<char>(65536);
  int in_ = -1;   ///< what it reads
  int out_ = -1;  ///< what it writes
  bool answered_ = false;
  bool greeted_ = false;  ///< it has said that it is there
  std::atomic<bool> guard_gone_{false};
  std::unique_ptr<HangUpWatch> watch_;  ///< of the guard, while a process is there
};

}  // namespace umbra
