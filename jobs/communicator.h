#pragma once
// The few things that Umbra asks of MPI, without mpi.h. Folders jobs and io reach the bare handle through jobs/communicator_handle.h.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace umbra {

/// A group of ranks. Copies share the communicator; it is freed by free() only (no collective call in a destructor).
class Communicator {
 public:
  struct Handle;

  /// This process alone: rank 0 of 1. Needs no MPI.
  static Communicator self();
  /// All ranks. MPI must have been initialised (MpiSession).
  static Communicator world();

  int rank() const;
  int size() const;

  // All below are collective. An MPI error throws std::runtime_error.
  Communicator duplicate() const;
  void free();
  void barrier() const;
  void broadcast(std::vector<std::byte>& bytes, int root = 0) const;
  std::vector<std::uint64_t> all_gather(std::uint64_t value) const;  ///< [size]
  std::vector<std::string> all_gather(const std::string& text) const;  ///< [size]
  bool all_true(bool value) const;

  const Handle& handle() const { return *handle_; }

 private:
  explicit Communicator(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

/// Ends this process and all other ranks, at once: for errors after which they would wait for each other for ever.
[[noreturn]] void end_all_ranks(int exit_code);

/// Starts MPI with MPI_THREAD_MULTIPLE and ends it. Where the process was not started by mpirun or srun it still works, as 1 rank.
/// An exception on its way out leaves MPI unfinished, so that mpirun ends the other ranks, which would wait for this one, when the process exits.
class MpiSession {
 public:
  MpiSession(int& argc, char**& argv);
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
};

}  // namespace umbra
