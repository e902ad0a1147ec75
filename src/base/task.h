#pragma once
// The unit of work and its result. A point, a block of toys, a committee member to train, a slice of candidates to score: all are tasks.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "src/base/status.h"

namespace umbra {

/// Counts from 0 within its kind and comes from structure (generation x N + slot), never from the time of asking.
using TaskId = std::uint64_t;

/// What a task asks for. Each kind has ids, random streams and (where it makes rows) a table of its own.
enum class TaskKind : std::uint32_t { point = 0, toys = 1, train = 2, score = 3, custom = 4 };
constexpr std::size_t num_task_kinds = 5;

using Payload = std::vector<std::byte>;

/// What earlier starts of a campaign learnt of a task.
enum class Care : std::uint32_t {
  normal = 0,
  isolated = 1,  ///< it was there at two deaths of a rank: to be done in a child process
  given_up = 2,  ///< it outlived two allocations: not to be done, its row says too_long
};

struct Task {
  TaskKind kind = TaskKind::point;
  TaskId id = 0;
  Payload payload;  ///< for a point: its unit-cube coordinates u, [dim] doubles
  Care care = Care::normal;
};

struct Outcome {
  TaskKind kind = TaskKind::point;
  TaskId id = 0;
  Status status = Status::ok;
  std::int32_t phase = 0;      ///< which stage of a method made the task (0 unless the method has stages)
  std::int32_t rank = 0;       ///< the rank that evaluated it
  std::uint32_t row_numbers = 0;  ///< how many numbers `rows` had when it was made: rows do not travel to the coordinator
  double start = 0.0;          ///< Unix time, s
  double duration = 0.0;       ///< s
  std::string message;         ///< why it is not ok; empty where it is
  std::vector<double> values;  ///< what the sampler and the journal see; for a point: its row [u..., theta..., observables..., lnL_..., log_likelihood]
  std::vector<double> rows;    ///< rows of a bulky table [num_rows x num_columns], kept at the rank that made them; empty for a point
  Payload blob;                ///< anything else (a trained committee member)
};

/// Copies numbers into a payload and back. The view is valid as long as the payload is.
inline Payload pack(std::span<const double> numbers) {
  Payload p(numbers.size_bytes());
  if (!p.empty()) std::memcpy(p.data(), numbers.data(), p.size());
  return p;
}
inline std::span<const double> doubles(const Payload& p) {
  return {reinterpret_cast<const double*>(p.data()), p.size() / sizeof(double)};
}

}  // namespace umbra
