#include "src/learning/requests.h"

#include <fmt/format.h>

#include <cstring>

#include "src/base/error.h"

namespace umbra {
namespace {

constexpr std::size_t header = 10;  // numbers before the lists

}  // namespace

Payload LearningRequest::pack() const {
  std::vector<std::uint64_t> head = {static_cast<std::uint64_t>(what), version, part, step, first, count, keep, test_key, keys.size(), u.size()};
  head.insert(head.end(), keys.begin(), keys.end());
  Payload p(8 * (head.size() + u.size()));
  std::memcpy(p.data(), head.data(), 8 * head.size());
  if (!u.empty()) std::memcpy(p.data() + 8 * head.size(), u.data(), 8 * u.size());
  return p;
}

LearningRequest LearningRequest::unpack(const Payload& payload) {
  EXPECT(payload.size() >= 8 * header);
  std::uint64_t h[header];
  std::memcpy(h, payload.data(), sizeof h);
  LearningRequest r{static_cast<What>(h[0]), h[1], h[2], h[3], h[4], h[5], h[6], h[7], {}, {}};
  r.keys.resize(h[8]);
  r.u.resize(h[9]);
  EXPECT(payload.size() == 8 * (header + h[8] + h[9]));
  if (h[8] > 0) std::memcpy(r.keys.data(), payload.data() + sizeof h, 8 * h[8]);
  if (h[9] > 0) std::memcpy(r.u.data(), payload.data() + sizeof h + 8 * h[8], 8 * h[9]);
  return r;
}

std::string batch_name(std::uint64_t batch) { return fmt::format("batch_{}", batch); }
std::string member_name(std::uint64_t version, std::uint64_t part) { return fmt::format("committee_{}_{}", version, part); }

std::string pack_points(const std::vector<float>& x, const std::vector<float>& y) {
  std::string bytes(4 * (x.size() + y.size()), '\0');
  if (!x.empty()) std::memcpy(bytes.data(), x.data(), 4 * x.size());
  if (!y.empty()) std::memcpy(bytes.data() + 4 * x.size(), y.data(), 4 * y.size());
  return bytes;
}

PackedPoints unpack_points(const std::string& bytes, std::size_t dim, std::size_t targets) {
  const std::size_t n = bytes.size() / (4 * (dim + targets));
  EXPECT(bytes.size() == 4 * (dim + targets) * n);
  PackedPoints p{std::vector<float>(n * dim), std::vector<float>(n * targets)};
  if (n == 0) return p;
  std::memcpy(p.x.data(), bytes.data(), 4 * n * dim);
  std::memcpy(p.y.data(), bytes.data() + 4 * n * dim, 4 * n * targets);
  return p;
}

}  // namespace umbra
