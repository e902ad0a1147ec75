// Dense networks: several of different seeds (Lakshminarayanan et al., arXiv:1612.01474), or one with dropout left on whose thinned copies vote
// (arXiv:1506.02142).

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "src/base/random.h"
#include "src/learning/network.h"
#include "src/samplers/archive.h"

namespace umbra {
namespace {

/// A network and the masks with which it votes (none: once, whole). For numbers: mean + scale x output.
class NetworkVoters final : public Voters {
 public:
  NetworkVoters(DenseNetwork network, std::vector<float> masks, std::size_t count, float mean, float scale)
      : network_(std::move(network)), masks_(std::move(masks)), count_(count), mean_(mean), scale_(scale) {}
  explicit NetworkVoters(std::istream& in) : network_(DenseNetwork::load(in)) {
    load_archive(in, masks_, count_, mean_, scale_);
    VALIDATE(count_ > 0 && network_.outputs() == 1 && (masks_.empty() ? count_ == 1 : masks_.size() == count_ * network_.hidden_units()),
             "the network's masks do not fit it: the file is damaged or of another version; train the model again");
  }

  std::size_t votes() const override { return count_; }

  void predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const override {
    EXPECT(dim == network_.inputs());
    const std::size_t n = x.size() / dim, units = network_.hidden_units();
    std::vector<float> y(n);
    for (std::size_t k = 0; k < count_; ++k) {
      network_.predict(x, masks_.empty() ? std::span<const float>() : std::span(masks_).subspan(k * units, units), y);
      for (std::size_t i = 0; i < n; ++i) votes[i * stride + k] = mean_ + scale_ * y[i];
    }
  }

  void save(std::ostream& out) const override {
    network_.save(out);
    save_archive(out, masks_, count_, mean_, scale_);
  }

 private:
  DenseNetwork network_;
  std::vector<float> masks_;  ///< [count x hidden units]
  std::size_t count_ = 1;
  float mean_ = 0.0f, scale_ = 1.0f;
};

struct NetworkOptions {
  std::vector<double> hidden = {64, 64};
  std::size_t epochs = 40;
  std::size_t least_steps = 2000;
  std::size_t batch = 250;
  double learning_rate = 0.02;
  double weight_decay = 0.05;
  double growth = 0.2;
};

// A member of a base as a member of the options.
template <class O, class T>
T O::*own(T NetworkOptions::*member) {
  return member;
}

template <class O>
void add_network_options(OptionSet<O>& o) {
  o.add("hidden", own<O>(&NetworkOptions::hidden), "units of each hidden layer");
  o.add("epochs", own<O>(&NetworkOptions::epochs), "how often training sees each point", between(1, 1e6));
  o.add("least_steps", own<O>(&NetworkOptions::least_steps), "steps of training at least: more epochs where points are few", between(1, 1e9));
  o.add("batch", own<O>(&NetworkOptions::batch), "points of a step of training", between(1, 1e6));
  o.add("learning_rate", own<O>(&NetworkOptions::learning_rate), "at its highest, after a tenth of the steps; goes to zero as a cosine", between(1e-6, 1.0));
  o.add("weight_decay", own<O>(&NetworkOptions::weight_decay), "how strongly weights are held back", between(0.0, 1.0));
  o.add("growth", own<O>(&NetworkOptions::growth), "share of the steps in which training goes from the first points to all: chosen ones are hard to learn from at first", between(0.0, 1.0));
}

TrainingOptions training_options(const NetworkOptions& o, double dropout) {
  TrainingOptions t{.hidden = {}, .epochs = o.epochs, .least_steps = o.least_steps, .batch = o.batch, .learning_rate = o.learning_rate, .weight_decay = o.weight_decay, .growth = o.growth, .dropout = dropout};
  for (const double h : o.hidden) {
    VALIDATE(h >= 1 && h <= 65536 && h == std::floor(h), "hidden: {} is no number of units", h);
    t.hidden.push_back(static_cast<std::size_t>(h));
  }
  VALIDATE(!t.hidden.empty(), "hidden: a network needs a hidden layer");
  return t;
}

std::unique_ptr<Voters> fit_network(const TrainingView& set, const TrainingOptions& options, const CommitteeContext& context, std::size_t part, std::uint64_t version, std::size_t masks) {
  RandomStream stream(context.seed, Purpose::train, version, part);
  float mean = 0.0f, scale = 1.0f;
  std::vector<float> y(set.y.begin(), set.y.end());
  if (!context.classes) {
    double sum = 0.0, squares = 0.0;
    for (const float v : y) sum += v;
    sum /= static_cast<double>(y.size());
    for (const float v : y) squares += (v - sum) * (v - sum);
    mean = static_cast<float>(sum);
    scale = squares > 0.0 ? static_cast<float>(std::sqrt(squares / static_cast<double>(y.size()))) : 1.0f;
    for (float& v : y) v = (v - mean) / scale;
  }
  DenseNetwork network = DenseNetwork::train({set.dim, set.x, y}, options, context.classes, stream);
  std::vector<float> keep(masks * network.hidden_units());
  for (float& k : keep) k = stream.uniform() < options.dropout ? 0.0f : static_cast<float>(1.0 / (1.0 - options.dropout));
  return std::make_unique<NetworkVoters>(std::move(network), std::move(keep), std::max<std::size_t>(masks, 1), mean, scale);
}

class Networks final : public Committee {
 public:
  struct Options : NetworkOptions {
    std::size_t members = 8;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("members", &Options::members, "how many networks vote, each of another seed", at_least(2));
    add_network_options(o);
    return o;
  }
  Networks(const Options& options, const CommitteeContext& context) : members_(options.members), training_(training_options(options, 0.0)), context_(context) {}

  std::size_t parts() const override { return members_; }
  std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t part, std::uint64_t version) const override { return fit_network(set, training_, context_, part, version, 0); }
  std::unique_ptr<Voters> load(std::istream& in, std::size_t) const override { return std::make_unique<NetworkVoters>(in); }

 private:
  std::size_t members_;
  TrainingOptions training_;
  CommitteeContext context_;
};

class Dropout final : public Committee {
 public:
  struct Options : NetworkOptions {
    double dropout = 0.05;
    std::size_t networks = 2;
    std::size_t votes = 16;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("dropout", &Options::dropout, "share of the hidden units that is left out at a time", between(0.01, 0.9));
    o.add("networks", &Options::networks, "networks, each trained by one rank", at_least(1));
    o.add("votes", &Options::votes, "thinned copies of each network that vote", at_least(2));
    add_network_options(o);
    return o;
  }
  Dropout(const Options& options, const CommitteeContext& context) : networks_(options.networks), votes_(options.votes), training_(training_options(options, options.dropout)), context_(context) {}

  std::size_t parts() const override { return networks_; }
  std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t part, std::uint64_t version) const override { return fit_network(set, training_, context_, part, version, votes_); }
  std::unique_ptr<Voters> load(std::istream& in, std::size_t) const override { return std::make_unique<NetworkVoters>(in); }

 private:
  std::size_t networks_, votes_;
  TrainingOptions training_;
  CommitteeContext context_;
};

[[maybe_unused]] const bool registered = CommitteeRegistry::instance().add<Networks>("networks", "dense networks of different seeds; best for smooth boundaries, training takes longer", "arXiv:1612.01474") &&
                                         CommitteeRegistry::instance().add<Dropout>("dropout", "dense networks with dropout left on, whose thinned copies vote", "arXiv:1506.02142");

}  // namespace
}  // namespace umbra
