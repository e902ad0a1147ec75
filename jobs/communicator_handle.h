#pragma once
// The bare communicator, for folders jobs and io.

#include <mpi.h>

#include "jobs/communicator.h"

namespace umbra {

struct Communicator::Handle {
  MPI_Comm comm = MPI_COMM_NULL;  ///< MPI_COMM_NULL: this process alone, without MPI
};

}  // namespace umbra
