#include "jobs/simulators/toy_plugin.h"

#include <algorithm>
#include <cmath>

#include "jobs/simulators/umbra_toys.h"
#include "src/base/error.h"
#include "src/base/random.h"
#include "src/statistics/poisson.h"

namespace umbra {

namespace {

RandomStream& stream_of(void* stream) { return *static_cast<RandomStream*>(stream); }

umbra_toys_random numbers_of(RandomStream& stream) {
  return {&stream, [](void* s) { return stream_of(s).uniform(); }, [](void* s) { return stream_of(s).normal(); },
          [](void* s) { return stream_of(s).exponential(); },
          [](void* s, double mean) { return mean > 0 && std::isfinite(mean) ? Poisson(mean)(stream_of(s)) : 0.0; }};
}

umbra_toys_data into(std::vector<double>& data) {
  return {&data, [](void* to, const double* numbers, std::size_t count) {
            auto& all = *static_cast<std::vector<double>*>(to);
            all.insert(all.end(), numbers, numbers + count);
          }};
}

}  // namespace

ToyPlugin::ToyPlugin(ToyPluginOptions options) : options_(std::move(options)), library_(options_.file) {
  find_functions();
  read_parameters();
  minimiser_.emplace(num_parameters());
  set_data(options_.data);
}

ToyPlugin::~ToyPlugin() {
  if (close_) close_();
}

void ToyPlugin::find_functions() {
  int (*version)() = nullptr;
  int (*open)(const char*, char*) = nullptr;
  library_.find("umbra_toys_version", version);
  library_.find("umbra_toys_open", open);
  library_.find("umbra_toys_parameters", parameters_);
  library_.find("umbra_toys_generate", generate_);
  library_.find("umbra_toys_nll", nll_);
  library_.find("umbra_toys_prepare", prepare_);
  library_.find("umbra_toys_has_gradient", has_gradient_);
  library_.find("umbra_toys_expected", expected_);
  library_.find("umbra_toys_num_events", num_events_);
  library_.find("umbra_toys_close", close_);
  const char* missing = !version ? "version" : !parameters_ ? "parameters" : !generate_ ? "generate" : !nll_ ? "nll" : nullptr;
  VALIDATE(!missing, "{} does not define umbra_toys_{} (umbra_toys.h), in C++ it needs extern \"C\"", options_.file, missing);
  VALIDATE(version() == UMBRA_TOYS_VERSION, "{} was made for version {} of umbra_toys.h, this Umbra has version {}, compile it again", options_.file, version(),
           UMBRA_TOYS_VERSION);
  char message[UMBRA_TOYS_MESSAGE_SIZE + 1] = {};
  VALIDATE(!open || open(options_.settings.c_str(), message) == 0, "{} refuses the settings '{}': {}", options_.file, options_.settings,
           message[0] ? message : "it does not say why");
}

void ToyPlugin::read_parameters() {
  int interest = -1;
  const int count = parameters_(nullptr, 0, &interest);
  VALIDATE(count > 0 && interest >= -1 && interest < count, "{}: umbra_toys_parameters says that there are {} parameters, of which number {} is of interest", options_.file, count,
           interest);
  std::vector<umbra_toys_parameter> all(static_cast<std::size_t>(count));
  parameters_(all.data(), count, &interest);
  if (interest >= 0) poi_ = static_cast<std::size_t>(interest);
  std::vector<NumericalScale> scales;
  for (const umbra_toys_parameter& p : all) {
    const std::string name = p.name ? p.name : "?";
    VALIDATE(p.low <= p.initial && p.initial <= p.high, "{}: parameter {} begins at {}, not between its ends {} and {}", options_.file, name, p.initial, p.low, p.high);
    VALIDATE(p.step > 0 && std::isfinite(p.step), "{}: parameter {} has the step {}: give about its uncertainty", options_.file, name, p.step);
    initial_.push_back(p.initial);
    low_.push_back(p.low);
    high_.push_back(p.high);
    scales.push_back({p.low, p.high, p.step});
  }
  objective_.emplace(std::move(scales), has_gradient_ && has_gradient_() != 0,
                     [this](std::span<const double> x, std::span<double> gradient) { return evaluate(x, gradient); });
}

void ToyPlugin::generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) {
  RandomStream stream(id.seed, Purpose::toy, id.toy, id.hypothesis);
  const umbra_toys_random random = numbers_of(stream);
  data.clear();
  const umbra_toys_data to = into(data);
  generate_(parameters.data(), &random, &to);
}

void ToyPlugin::expected(std::span<const double> parameters, std::vector<double>& data) {
  VALIDATE(expected_, "{} does not define umbra_toys_expected (asymptotic formulae need it), toys can do without", options_.file);
  data.clear();
  const umbra_toys_data to = into(data);
  expected_(parameters.data(), &to);
}

void ToyPlugin::set_data(std::span<const double> data) {
  data_.assign(data.begin(), data.end());
  if (prepare_) prepare_(data_.data(), data_.size());
}

double ToyPlugin::num_events() const {
  return num_events_ ? num_events_(data_.data(), data_.size()) : std::numeric_limits<double>::quiet_NaN();
}

void ToyPlugin::fit(PoiRange range, FitResult& result) {
  fit_low_ = low_;
  fit_high_ = high_;
  if (poi_ != none) {
    fit_low_[poi_] = std::max(range.low, low_[poi_]);
    fit_high_[poi_] = std::max(range.high, fit_low_[poi_]);
    objective_->set_domain(poi_, low_[poi_], std::max(high_[poi_], range.high));
  }
  varied_.resize(num_parameters());
  for (std::size_t i = 0; i < num_parameters(); ++i) varied_[i] = fit_low_[i] < fit_high_[i];
  if (result.x.size() != num_parameters()) result.x = initial_;
  result.evaluations = result.retries = 0;
  start_ = result.x;
  objective_->begin(varied_);
  minimiser_->minimise(*objective_, fit_low_, fit_high_, {}, result);
  if (resolved(result.status) || start_ == initial_) return;
  FitResult next;
  next.x = initial_;
  objective_->begin(varied_);
  minimiser_->minimise(*objective_, fit_low_, fit_high_, {}, next);
  next.evaluations += result.evaluations;
  next.retries = 1;
  if (resolved(next.status) || next.value < result.value) std::swap(result, next);
}

}  // namespace umbra
