#include "jobs/simulators/hang_up_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "src/base/error.h"

namespace umbra {

HangUpWatch::HangUpWatch(int socket, std::function<void()> act) : process_(getpid()) {
  VALIDATE(pipe2(stop_, O_CLOEXEC) == 0, "cannot make a pipe: {}", std::strerror(errno));
  // Signals are for the threads that expect them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([socket, stop = stop_[0], act = std::move(act)] {
    pollfd events[2] = {{socket, 0, 0}, {stop, POLLIN, 0}};
    while (poll(events, 2, -1) < 0 && errno == EINTR) {
    }
    if (events[0].revents != 0 && events[1].revents == 0) act();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HangUpWatch::~HangUpWatch() {
  close(stop_[1]);
  if (process_ == getpid()) thread_.join();
  else thread_.detach();
  close(stop_[0]);
}

}  // namespace umbra
