#include <algorithm>
#include <climits>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "jobs/backoff.h"
#include "jobs/communicator_handle.h"
#include "src/base/error.h"

namespace umbra {

namespace {

// Counts are int in MPI 3.
constexpr std::size_t max_chunk = std::size_t{1} << 30;

bool mpi_is_up() {
  int initialised = 0, finalised = 0;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  return initialised && !finalised;
}

}  // namespace

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "unknown error";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw std::runtime_error(fmt::format("MPI failed: {} ({})", text, std::string(call).substr(0, std::string(call).find('('))));
}

void wait_politely(MPI_Request& request) {
  Backoff backoff;
  for (int done = 0;;) {
    UMBRA_MPI(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
    if (done) return;
    backoff.pause();
  }
}

Communicator Communicator::self() { return Communicator(std::make_shared<Handle>()); }

Communicator Communicator::world() {
  EXPECT(mpi_is_up());
  auto handle = std::make_shared<Handle>();
  handle->comm = MPI_COMM_WORLD;
  UMBRA_MPI(MPI_Comm_set_errhandler(handle->comm, MPI_ERRORS_RETURN));
  UMBRA_MPI(MPI_Comm_rank(handle->comm, &handle->rank));
  UMBRA_MPI(MPI_Comm_size(handle->comm, &handle->size));
  return Communicator(std::move(handle));
}

int Communicator::rank() const { return handle_->rank; }
int Communicator::size() const { return handle_->size; }

Communicator Communicator::duplicate() const {
  auto handle = std::make_shared<Handle>(*handle_);
  if (mpi_is_up()) {
    UMBRA_MPI(MPI_Comm_dup(handle_->comm, &handle->comm));
    handle->owned = true;
    UMBRA_MPI(MPI_Comm_set_errhandler(handle->comm, MPI_ERRORS_RETURN));
  }
  return Communicator(std::move(handle));
}

void Communicator::free() {
  if (!handle_->owned) return;
  handle_->owned = false;
  UMBRA_MPI(MPI_Comm_free(&handle_->comm));
}

void Communicator::barrier() const {
  if (size() == 1) return;
  MPI_Request request;
  UMBRA_MPI(MPI_Ibarrier(handle_->comm, &request));
  wait_politely(request);
}

void Communicator::broadcast(std::vector<std::byte>& bytes, int root) const {
  if (size() == 1) return;
  std::uint64_t length = bytes.size();
  MPI_Request request;
  UMBRA_MPI(MPI_Ibcast(&length, 1, MPI_UINT64_T, root, handle_->comm, &request));
  wait_politely(request);
  bytes.resize(length);
  for (std::size_t begin = 0; begin < length; begin += max_chunk) {
    UMBRA_MPI(MPI_Ibcast(bytes.data() + begin, static_cast<int>(std::min(max_chunk, length - begin)), MPI_BYTE, root, handle_->comm, &request));
    wait_politely(request);
  }
}

std::vector<std::uint64_t> Communicator::all_gather(std::uint64_t value) const {
  std::vector<std::uint64_t> all(size(), value);
  if (size() == 1) return all;
  MPI_Request request;
  UMBRA_MPI(MPI_Iallgather(&value, 1, MPI_UINT64_T, all.data(), 1, MPI_UINT64_T, handle_->comm, &request));
  wait_politely(request);
  return all;
}

std::vector<std::string> Communicator::all_gather(const std::string& text) const {
  if (size() == 1) return {text};
  const std::vector<std::uint64_t> lengths = all_gather(static_cast<std::uint64_t>(text.size()));
  std::vector<int> counts(size()), begins(size());
  std::uint64_t total = 0;
  for (int r = 0; r < size(); ++r) {
    counts[r] = static_cast<int>(lengths[r]);
    begins[r] = static_cast<int>(total);
    total += lengths[r];
  }
  EXPECT(total <= INT_MAX);
  std::string joined(total, '\0');
  MPI_Request request;
  UMBRA_MPI(MPI_Iallgatherv(text.data(), counts[rank()], MPI_CHAR, joined.data(), counts.data(), begins.data(), MPI_CHAR, handle_->comm, &request));
  wait_politely(request);
  std::vector<std::string> all;
  for (int r = 0; r < size(); ++r) all.push_back(joined.substr(begins[r], counts[r]));
  return all;
}

bool Communicator::all_true(bool value) const {
  const std::vector<std::uint64_t> all = all_gather(static_cast<std::uint64_t>(value));
  return std::all_of(all.begin(), all.end(), [](std::uint64_t v) { return v != 0; });
}

MpiSession::MpiSession(int& argc, char**& argv) {
  // Of Open MPI's transports through shared memory (4 and 5) only these have a limit below our messages; whoever has set it keeps it.
  for (const char* limit : {"OMPI_MCA_btl_vader_eager_limit", "OMPI_MCA_btl_sm_eager_limit"}) setenv(limit, "20480", 0);
  // A process that no launcher has started needs none of Open MPI's daemons, which may outlive it.
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  int provided = MPI_THREAD_SINGLE;
  UMBRA_MPI(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided));
  VALIDATE(provided == MPI_THREAD_MULTIPLE, "this MPI library has no MPI_THREAD_MULTIPLE (ranks answer and write while they evaluate), use one that was built with it");
  UMBRA_MPI(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
}

void end_all_ranks(int exit_code) {
  std::fflush(nullptr);
  if (mpi_is_up()) MPI_Abort(MPI_COMM_WORLD, exit_code);
  _exit(exit_code);
}

MpiSession::~MpiSession() {
  if (mpi_is_up() && std::uncaught_exceptions() == 0) MPI_Finalize();
}

}  // namespace umbra
