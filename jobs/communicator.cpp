#include "jobs/communicator.h"

#include <stdexcept>

#include "jobs/communicator_handle.h"

namespace umbra {
namespace {

void check(int code) {
  if (code != MPI_SUCCESS) throw std::runtime_error("MPI error");
}

}  // namespace

Communicator Communicator::self() { return Communicator(std::make_shared<Handle>()); }
Communicator Communicator::world() { return Communicator(std::make_shared<Handle>(Handle{MPI_COMM_WORLD})); }

int Communicator::rank() const {
  int r = 0;
  if (handle_->comm != MPI_COMM_NULL) check(MPI_Comm_rank(handle_->comm, &r));
  return r;
}
int Communicator::size() const {
  int s = 1;
  if (handle_->comm != MPI_COMM_NULL) check(MPI_Comm_size(handle_->comm, &s));
  return s;
}
Communicator Communicator::duplicate() const {
  auto h = std::make_shared<Handle>();
  if (handle_->comm != MPI_COMM_NULL) check(MPI_Comm_dup(handle_->comm, &h->comm));
  return Communicator(h);
}
void Communicator::free() {
  if (handle_->comm != MPI_COMM_NULL) check(MPI_Comm_free(&handle_->comm));
}
void Communicator::barrier() const {
  if (handle_->comm != MPI_COMM_NULL) check(MPI_Barrier(handle_->comm));
}
void Communicator::broadcast(std::vector<std::byte>& bytes, int root) const {
  if (handle_->comm == MPI_COMM_NULL) return;
  std::uint64_t n = bytes.size();
  check(MPI_Bcast(&n, 1, MPI_UINT64_T, root, handle_->comm));
  bytes.resize(n);
  check(MPI_Bcast(bytes.data(), static_cast<int>(n), MPI_BYTE, root, handle_->comm));
}
std::vector<std::uint64_t> Communicator::all_gather(std::uint64_t value) const {
  std::vector<std::uint64_t> all(static_cast<std::size_t>(size()), value);
  if (handle_->comm != MPI_COMM_NULL) check(MPI_Allgather(&value, 1, MPI_UINT64_T, all.data(), 1, MPI_UINT64_T, handle_->comm));
  return all;
}
std::vector<std::string> Communicator::all_gather(const std::string& text) const {
  if (handle_->comm == MPI_COMM_NULL) return {text};
  const auto sizes = all_gather(text.size());
  std::vector<int> counts(sizes.begin(), sizes.end()), offsets(sizes.size(), 0);
  for (std::size_t i = 1; i < sizes.size(); ++i) offsets[i] = offsets[i - 1] + counts[i - 1];
  std::string all(static_cast<std::size_t>(offsets.back() + counts.back()), '\0');
  check(MPI_Allgatherv(text.data(), counts[static_cast<std::size_t>(rank())], MPI_CHAR, all.data(), counts.data(), offsets.data(), MPI_CHAR, handle_->comm));
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < sizes.size(); ++i) parts.push_back(all.substr(static_cast<std::size_t>(offsets[i]), sizes[i]));
  return parts;
}
bool Communicator::all_true(bool value) const {
  for (std::uint64_t v : all_gather(std::uint64_t{value}))
    if (!v) return false;
  return true;
}

}  // namespace umbra
