#pragma once
// Makes the data sets of toys: one toy for all members of a family that share its background, at the hypothesis itself or, for importance
// sampling, elsewhere and with a weight.

#include "src/statistics/toy_family.h"

namespace umbra {

/// Where toys are made: at parameters of one member's model.
struct ToyOrigin {
  std::size_t member = 0;
  std::vector<double> parameters;  ///< [its num_parameters]
  std::uint64_t stream = 0;        ///< part of the random streams: toys of two origins are independent
  double share = 1.0;              ///< of the toys; the shares of all origins sum to 1
};

class ToyMaker {
 public:
  /// @param parameters what the toys are toys of, in terms of each member's model [members][num_parameters]; members where it is empty get no data
  /// @param origins one, or a mixture of which each toy takes one by their shares, drawn from a stream of (seed, stream, toy)
  ToyMaker(ToyFamily& family, std::vector<std::vector<double>> parameters, std::vector<ToyOrigin> origins, std::uint64_t stream);

  void make(std::uint64_t seed, std::uint64_t toy);

  /// Of the last toy: the data set of a member, where fits to it may begin, and the logarithm of the weight that makes it a toy of `parameters`.
  const std::vector<double>& data(std::size_t member) const { return data_[member]; }
  std::span<const double> start(std::size_t member) const;
  /// ln of p / sum of share_k p_k over all origins, whichever made the toy (the balance heuristic: Veach and Guibas, doi:10.1145/218380.218498): at
  /// most -ln of the share that is made at `parameters`.
  double log_weight();

 private:
  bool is_hypothesis(const ToyOrigin& origin) const { return origin.parameters == parameters_[origin.member]; }

  ToyFamily& family_;
  std::vector<std::vector<double>> parameters_;
  std::vector<ToyOrigin> origins_;
  std::uint64_t stream_;
  std::size_t origin_ = 0;  ///< of the last toy
  std::vector<std::vector<double>> data_;
};

}  // namespace umbra
