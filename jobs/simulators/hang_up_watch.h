#pragma once
// Notices that the other end of a socket has gone while nobody reads from it.

#include <functional>
#include <thread>

namespace umbra {

/// Waits in a thread of its own, at no cost to anyone else, and acts once where the other end hangs up. The socket must outlive it.
class HangUpWatch {
 public:
  HangUpWatch(int socket, std::function<void()> act);
  ~HangUpWatch();  ///< stops waiting, or waits for `act`
  HangUpWatch(const HangUpWatch&) = delete;
  HangUpWatch& operator=(const HangUpWatch&) = delete;

 private:
  int stop_[2];
  int process_;  ///< a forked child has no such thread
  std::thread thread_;
};

}  // namespace umbra
