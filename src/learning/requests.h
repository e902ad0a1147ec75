#pragma once
// What the learning loop asks of ranks beside points: to train a part of a committee, to predict the test set, to score candidates, to spread a batch.

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/task.h"

namespace umbra {

/// Committee `version` was, or is to be, trained on batches 0 .. version - 1. keys[b] tells batch b from that of another run.
struct LearningRequest {
  enum class What : std::uint64_t { train, test, candidates, spread };
  What what = What::train;
  std::uint64_t version = 1;
  std::uint64_t part = 0;        ///< train: which part
  std::uint64_t step = 0;        ///< candidates: of which batch
  std::uint64_t first = 0;       ///< test, candidates: the slice [first, first + count)
  std::uint64_t count = 0;
  std::uint64_t keep = 0;        ///< candidates: how many of them to return; spread: how many points to choose
  std::uint64_t test_key = 0;
  std::vector<std::uint64_t> keys;  ///< [version]
  std::vector<double> u;            ///< spread: [n x dim], best first

  Payload pack() const;
  static LearningRequest unpack(const Payload& payload);
};

/// Names in the BlobStore.
std::string batch_name(std::uint64_t batch);
std::string member_name(std::uint64_t version, std::uint64_t part);
inline const std::string test_name = "test";

/// Points as they lie in a blob: x [n x dim], y [n x targets], NaN where a point has no value of a target.
std::string pack_points(const std::vector<float>& x, const std::vector<float>& y);
struct PackedPoints {
  std::vector<float> x, y;
};
PackedPoints unpack_points(const std::string& bytes, std::size_t dim, std::size_t targets);

}  // namespace umbra
