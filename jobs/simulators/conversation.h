#pragma once
// A process that stays alive and is spoken to through its standard input and output, under a guard.

#include <memory>
#include <string>
#include <string_view>

#include "jobs/simulators/guard.h"
#include "jobs/simulators/verdict.h"

namespace umbra {

/// Seconds on a clock that only goes forward.
double monotonic_seconds();

/// One process at a time, begun again after each end. A round trip costs a write, a poll and a read beside what a bare pair of pipes does.
class Conversation {
 public:
  /// @param command its directory, err and variables are set here: the guard's scratch folder
  Conversation(Command command, std::string program);
  ~Conversation();

  bool alive() const { return in_ >= 0; }
  /// Starts a fresh process. @throws UserError where no guard can be started
  void start();
  /// Whether all of it went out. False where the process has ended or `deadline` has passed.
  bool say(std::string_view bytes, double deadline);
  /// Adds what the process says to heard(); false as in say(). At least one byte comes with true.
  bool hear(double deadline);
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
      const Evaluation result = ask();
      answered_ = alive();
      if (answered_ || fresh || result.status == Status::timeout) return result;
    }
  }

  /// Ends the process and says why nothing more came of it: how it ended, or a timeout where that was what say() or hear() met.
  Evaluation end();
  /// Ends the process for saying what it should not.
  void hang_up();
  /// Keeps the file of standard error from growing without end in a long campaign.
  void trim_errors();

 private:
  bool wait_for(int descriptor, short events, double deadline);
  void close_pipes();

  Command command_;
  std::string program_;
  std::unique_ptr<Guard> guard_;
  std::string heard_;
  int in_ = -1;   ///< what it reads
  int out_ = -1;  ///< what it writes
  double timeout_s_ = 0.0;
  bool timed_out_ = false;
  bool answered_ = false;
};

}  // namespace umbra
