#pragma once
// What a rank and its guard process say to each other: one packet each over a SOCK_SEQPACKET pair.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace umbra {

/// The largest packet, strings included.
inline constexpr std::size_t guard_packet_size = 128 * 1024;

/// Limits of one run; 0 is none.
struct ProcessLimits {
  double timeout = 0.0;   ///< wall time, s
  double cpu_time = 0.0;  ///< of all processes of the run together, s; through pipes: for one answer
  double memory = 0.0;    ///< resident memory of all processes of the run together, bytes; polled
  double output = 0.0;    ///< size of any one file that is written, captured output included, bytes
};

/// Memory that both share, so that a conversation with a process costs no system call for its time limit.
struct GuardBoard {
  /// When a process that talks through pipes is to be ended (CLOCK_MONOTONIC, s); 0: it may wait to be asked. Looked at every 20 ms.
  std::atomic<double> deadline{0.0};
  /// Whether such a process may use ProcessLimits::cpu_time from one deadline to the next, or as much as it likes.
  std::atomic<bool> cpu_limited{false};
};

/// Followed by NUL-terminated strings: directory, file for standard output, file for standard error, arguments, environment variables.
struct GuardRequest {
  enum class Kind : std::uint32_t { run, kill };
  Kind kind = Kind::run;
  std::uint32_t pipes = 0;  ///< 1: descriptors for standard input and output come with the packet; else they are /dev/null and the file
  std::uint32_t cores = 1;  ///< above 1 the processes may use every core that the rank may
  std::uint32_t num_arguments = 0;
  std::uint32_t num_variables = 0;
  std::uint32_t padding = 0;
  ProcessLimits limits;
};

/// Comes exactly once a run, when none of its processes is left.
struct GuardReply {
  enum class End : std::uint32_t { itself, timeout, cpu_time, memory, killed, not_started, guard_lost };
  End end = End::guard_lost;
  std::int32_t wait_status = 0;  ///< of the first process, as waitpid gives it
  std::int32_t error = 0;        ///< errno, where the program could not be started
  std::uint32_t stragglers = 0;  ///< processes that outlived the first one and were killed
  double seconds = 0.0;          ///< wall time
  double cpu_seconds = 0.0;
  double memory = 0.0;  ///< where a limit on memory is set: the largest seen, bytes
};

}  // namespace umbra
