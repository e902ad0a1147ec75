#pragma once
// The bare MPI handle of a Communicator, for .cpp files of jobs and io only.

#include <mpi.h>

#include "jobs/communicator.h"

namespace umbra {

struct Communicator::Handle {
  MPI_Comm comm = MPI_COMM_SELF;  ///< for Communicator::self() usable only where MPI has been initialised
  int rank = 0;
  int size = 1;
  bool owned = false;  ///< made by duplicate(), to be freed
};

/// Throws std::runtime_error with MPI's text where the code is not MPI_SUCCESS.
void check_mpi(int code, const char* call);

/// Waits for a request without burning the core.
void wait_politely(MPI_Request& request);

}  // namespace umbra

#define UMBRA_MPI(call) ::umbra::check_mpi((call), #call)
