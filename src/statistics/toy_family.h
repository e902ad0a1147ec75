#pragma once
// What one campaign tests: most often a single model; models of one experiment that differ in their signals, the patches of one workspace; or
// several models that have nothing in common.
//
// Toys without signal of one member are toys of all that have the same background: the numbers that two members share are the same numbers in
// both data sets, what only one has (auxiliary data of its signal) comes from streams of its own.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/statistics/toy_model.h"

namespace umbra {

class ToyFamily {
 public:
  static constexpr const char* registry_noun = "toy model";
  struct Member {
    std::shared_ptr<ToyModel> model;
    std::string name = {};                 ///< "PATCH", "MODEL" or "MODEL/PATCH"; "" where there is but one
    std::vector<double> values = {};       ///< where the signal stands among the others (masses, as a patch set says)
    std::vector<std::uint64_t> data = {};  ///< what each number of a data set is, told apart by a hash: the same in members that share it
    std::size_t background = 0;            ///< the first member that has the same background
    std::string difference = {};           ///< of its background from the first member's; "" for none
    std::string list_name = {};            ///< where a job lists several models, the name of the one that this is or belongs to
  };

  /// A single model.
  ToyFamily(std::unique_ptr<ToyModel> model) { members_.push_back({std::shared_ptr<ToyModel>(std::move(model))}); }
  /// A single model that outlives this.
  explicit ToyFamily(ToyModel& model) { members_.push_back({std::shared_ptr<ToyModel>(std::shared_ptr<void>(), &model)}); }
  /// @param labels what the members' values are
  ToyFamily(std::vector<Member> members, std::vector<std::string> labels);
  /// Several models by name, with toys of their own: the same ones whichever other models there are.
  static ToyFamily join(const std::vector<std::pair<std::string, std::unique_ptr<ToyFamily>>>& models);

  std::size_t size() const { return members_.size(); }
  const Member& operator[](std::size_t i) const { return members_[i]; }
  ToyModel& model(std::size_t i) const { return *members_[i].model; }
  /// "NAME: ", to begin a message with; "" where there is but one.
  std::string about(std::size_t i) const { return members_[i].name.empty() ? "" : members_[i].name + ": "; }
  const std::vector<std::string>& labels() const { return labels_; }
  /// What members are, for the result: "patch" or "model"; "" where there is but one.
  std::string noun() const { return size() == 1 ? "" : members_.front().list_name.empty() ? "patch" : "model"; }
  /// Part of the random streams of toys with the member's signal; from its name, so that a list of patches may grow. 0 for a single model.
  std::uint64_t stream(std::size_t i) const;
  /// The same of toys without a signal, which serve all members of one background.
  std::uint64_t background_stream(std::size_t i) const;
  /// Replaces the numbers of `to`'s data set that `from`'s has too.
  void share(std::size_t from, const std::vector<double>& data, std::size_t to, std::vector<double>& out) const;

 private:
  std::vector<Member> members_;
  std::vector<std::string> labels_;
  std::vector<std::vector<std::uint32_t>> slots_;  ///< [members][numbers of a data set]
  std::size_t num_slots_ = 0;
};

/// Types of models of which a job may name several.
using ToyFamilyRegistry = Registry<ToyFamily>;

/// What a job's `model` says: a family where its type makes them, a list of models with a `name` each, or a single model.
std::unique_ptr<ToyFamily> make_toy_family(const Config& model, Faults& faults);

}  // namespace umbra
