// Runs the tests of a file on every rank together. Rank 0 reports; the exit status is the worst of all ranks.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <mpi.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char* argv[]) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  Catch::Session session;
  const int usage = session.applyCommandLine(argc, argv);
  int result = usage != 0 ? usage : session.run();
  // A rank that failed must not leave the others waiting in a collective call.
  if (result != 0) {
    std::fprintf(stderr, "rank %d: tests failed\n", rank);
    std::fflush(nullptr);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return result;
}
