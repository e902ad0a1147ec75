#include "src/learning/committee.h"

namespace umbra {

std::size_t count_votes(const VotersList& committee) {
  std::size_t sum = 0;
  for (const auto& voters : committee) sum += voters->votes();
  return sum;
}

void predict_votes(const VotersList& committee, std::span<const float> x, std::size_t dim, std::span<float> votes) {
  const std::size_t stride = count_votes(committee);
  EXPECT(stride == 0 || votes.size() / stride == x.size() / dim);
  std::size_t first = 0;
  for (const auto& voters : committee) {
    voters->predict(x, dim, votes.subspan(first), stride);
    first += voters->votes();
  }
}

}  // namespace umbra
