#pragma once
// For two threads that each write a flag and then read the other's, where one does so a million times a second and the other seldom. Of two such
// threads at least one sees the other's flag: the frequent one pays next to nothing, the seldom one a system call (membarrier, Linux 4.14; both pay for a fence without it).

#include <atomic>

namespace umbra {

namespace detail {
extern const bool have_membarrier;
}

/// Between the write and the read of the frequent thread.
inline void light_barrier() {
  if (detail::have_membarrier) std::atomic_signal_fence(std::memory_order_seq_cst);
  else std::atomic_thread_fence(std::memory_order_seq_cst);
}
/// Between the write and the read of the seldom one.
void heavy_barrier();

}  // namespace umbra
