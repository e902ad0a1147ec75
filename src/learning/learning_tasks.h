#pragma once
// What a rank does for the learning loop. It keeps the training points and the newest committees, so that each reaches a rank once.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/base/task.h"
#include "src/learning/blob_store.h"
#include "src/learning/candidates.h"
#include "src/learning/committee.h"
#include "src/learning/requests.h"
#include "src/learning/score.h"

namespace umbra {

/// One per rank and thread. Memory: the training points once (4 bytes a number) and two committees.
class LearningTasks {
 public:
  struct Parts {
    std::shared_ptr<const Committee> committee;
    std::shared_ptr<const Candidates> candidates;
    std::shared_ptr<BlobStore> blobs;
    std::size_t dim = 0;
    Score score = Score::margin;
    bool classes = true;
    std::vector<std::string> targets = {""};  ///< of each, a committee of parts() parts is trained; their texts are for messages
    double power = 0.0;       ///< candidates are drawn by score^power; 0: the best are taken
    std::uint64_t seed = 0;   ///< of these draws
  };
  explicit LearningTasks(Parts parts) : parts_(std::move(parts)) {}

  /// Carries out a LearningRequest. Fills `values`:
  ///   train       nothing: the part is in the BlobStore
  ///   test        the mean votes [count x targets] of the points of the slice
  ///   candidates  [score (or what draw_by_power makes of it), index] of the `keep` best of the slice, best first; and u [dim] after each where candidates are not single()
  ///   spread      positions in `u` of the points chosen
  void run(const Task& task, Outcome& outcome);
  /// A trained committee, the parts of each target after those of the one before: read, or trained here where a part of it is lost.
  const VotersList& committee(const LearningRequest& request);

 private:
  std::size_t targets() const { return parts_.targets.size(); }
  std::size_t training(const LearningRequest& request);
  std::vector<double> variances(const LearningRequest& request);
  std::shared_ptr<const Voters> fit(const LearningRequest& request, std::uint64_t part);
  void test(const LearningRequest& request, std::vector<double>& values);
  void candidates(const LearningRequest& request, std::vector<double>& values);

  Parts parts_;
  std::vector<std::uint64_t> keys_;  // of the batches in set_
  std::vector<std::size_t> ends_;    // [batches] points up to and with this one
  PackedPoints set_;
  PackedPoints own_;                 // of these, those that have a value of one of several targets
  std::map<std::uint64_t, VotersList> committees_;  // by version
  std::uint64_t committees_key_ = 0;                // keys_[0] of those
  PackedPoints test_;
  std::uint64_t test_key_ = 0;
};

}  // namespace umbra
