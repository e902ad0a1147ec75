#pragma once
// A forked copy of this process that does one thing, whose crash is not ours.

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <limits>
#include <string>

namespace umbra {

class Child {
 public:
  /// What the copy says to its parent, and hears from it. Leaves the copy where the parent is gone.
  class Voice {
   public:
    explicit Voice(int descriptor) : descriptor_(descriptor) {}
    void say(const void* bytes, std::size_t size) const;
    void hear(void* bytes, std::size_t size) const;

   private:
    int descriptor_;
  };

  /// Runs `act` in a copy of this process, which then leaves without destructors: exit code 0, or 1 where `act` threw. Only the calling thread goes on
  /// in it; it must not use MPI or HDF5. Throws UserError where no process can be made.
  explicit Child(const std::function<void(const Voice&)>& act);
  /// Ends it where it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// False where it has ended.
  bool tell(const void* bytes, std::size_t size);
  /// False where it ended before it said so many bytes, or `seconds` passed.
  bool hear(void* bytes, std::size_t size, double seconds = std::numeric_limits<double>::infinity());
  bool timed_out() const { return timed_out_; }
  /// Waits for its end (ends it after a time-out): "" where that was in good order, else "was ended by signal 11 (Segmentation fault)", "ended with exit code 3".
  std::string end();

 private:
  pid_t process_ = -1;
  int descriptor_ = -1;
  bool timed_out_ = false;
};

}  // namespace umbra
