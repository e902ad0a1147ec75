// model: {type: keras}. A dense network that others trained and published.

#include <algorithm>
#include <cmath>

#include "io/input_path.h"
#include "io/keras.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/models/evaluator.h"

namespace umbra {
namespace {

/// Feeds the network with (theta - input_mean) / input_scale, and gives output_mean + output_scale x its outputs.
class Keras final : public Evaluator {
 public:
  struct Options {
    std::string path;
    std::vector<std::string> inputs, outputs;
    std::vector<double> input_mean, input_scale, output_mean, output_scale;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("path", &Options::path, "a model that Keras saved as HDF5; relative to the job file's folder, or else to where umbra is started", required());
    o.add("inputs", &Options::inputs, "parameters in the order in which the network takes them (default: all of the job)");
    o.add("outputs", &Options::outputs, "names of its outputs (default: output_0, output_1, ...)");
    o.add("input_mean", &Options::input_mean, "is subtracted from each input (default: 0)");
    o.add("input_scale", &Options::input_scale, "each input is divided by it afterwards (default: 1)");
    o.add("output_mean", &Options::output_mean, "is added to each output after its scale (default: 0)");
    o.add("output_scale", &Options::output_scale, "each output is multiplied by it (default: 1)");
    return o;
  }

  Keras(Options options, const ModelContext& context) : options_(std::move(options)), network_(read_keras(find_input(options_.path))) {
    if (options_.inputs.empty()) options_.inputs = context.parameters;
    VALIDATE(options_.inputs.size() == network_.inputs(), "{} takes {} inputs, and `inputs` lists {} ({}): list the parameters in the order in which it was trained", options_.path, network_.inputs(),
             options_.inputs.size(), join(options_.inputs));
    for (const std::string& name : options_.inputs) {
      const auto found = std::find(context.parameters.begin(), context.parameters.end(), name);
      VALIDATE(found != context.parameters.end(), "the job has no parameter '{}', which is an input of {}{}", name, options_.path, suggestion(name, context.parameters));
      place_.push_back(static_cast<std::size_t>(found - context.parameters.begin()));
    }
    if (options_.outputs.empty())
      for (std::size_t i = 0; i < network_.outputs(); ++i) options_.outputs.push_back(fmt::format("output_{}", i));
    VALIDATE(options_.outputs.size() == network_.outputs(), "{} has {} outputs, and `outputs` names {}", options_.path, network_.outputs(), options_.outputs.size());
    complete(options_.input_mean, network_.inputs(), 0.0, "input_mean");
    complete(options_.input_scale, network_.inputs(), 1.0, "input_scale");
    complete(options_.output_mean, network_.outputs(), 0.0, "output_mean");
    complete(options_.output_scale, network_.outputs(), 1.0, "output_scale");
    for (const double s : options_.input_scale) VALIDATE(s != 0.0 && std::isfinite(s), "input_scale: inputs cannot be divided by {}", s);
    for (const std::string& name : options_.outputs) columns_.push_back({name, "", ""});
    x_.resize(network_.inputs());
    y_.resize(network_.outputs());
  }

  const std::vector<Column>& columns() const override { return columns_; }

  Evaluation evaluate(std::span<const double> theta, RandomStream&, std::span<double> row) override {
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = static_cast<float>((theta[place_[i]] - options_.input_mean[i]) / options_.input_scale[i]);
    network_.predict(x_, y_);
    for (std::size_t i = 0; i < y_.size(); ++i) {
      row[i] = options_.output_mean[i] + options_.output_scale[i] * static_cast<double>(y_[i]);
      if (!std::isfinite(row[i])) return {Status::not_finite, columns_[i].name + " is not finite"};
    }
    return {};
  }

 private:
  static void complete(std::vector<double>& values, std::size_t size, double value, const char* what) {
    if (values.empty()) values.assign(size, value);
    VALIDATE(values.size() == size, "{}: {} numbers for {}", what, values.size(), size);
  }

  Options options_;
  DenseNetwork network_;
  std::vector<std::size_t> place_;
  std::vector<Column> columns_;
  std::vector<float> x_, y_;
};

[[maybe_unused]] const bool registered = ModelRegistry::instance().add<Keras>("keras", "a dense network that Keras saved as HDF5");

}  // namespace
}  // namespace umbra
