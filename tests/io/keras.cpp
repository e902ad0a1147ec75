// Networks as Keras writes them, made here by hand.

#include "io/keras.h"

#include <array>
#include <cmath>

#include "io/hdf5.h"
#include "src/models/evaluator.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

namespace {

void write_matrix(const hdf5::Handle& group, const std::string& name, const std::vector<hsize_t>& extent, const std::vector<float>& values) {
  const hdf5::Handle d = hdf5::make_dataset(group, name, H5T_NATIVE_FLOAT, extent);
  hdf5::check(H5Dwrite(d.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "write");
}

const std::string layers = R"({"class_name": "InputLayer", "config": {"name": "in"}},
 {"class_name": "Dense", "config": {"name": "first", "units": 3, "activation": "ACTIVATION", "use_bias": true}},
 {"class_name": "Dropout", "config": {"name": "drop", "rate": 0.5}},
 {"class_name": "Dense", "config": {"name": "second", "units": 2, "activation": "linear"}},
 {"class_name": "Activation", "config": {"name": "last", "activation": "softmax"}})";

const std::vector<float> kernel_1 = {0.5f, -1.0f, 2.0f, 1.5f, 0.25f, -0.75f};  // [2 x 3]
const std::vector<float> bias_1 = {0.1f, -0.2f, 0.3f};
const std::vector<float> kernel_2 = {1.0f, -1.0f, 0.5f, 0.5f, -2.0f, 1.0f};  // [3 x 2]
const std::vector<float> bias_2 = {0.0f, 0.25f};

void write_config(const std::string& path, const std::string& config, bool variable_text) {
  const auto lock = hdf5::lock();
  hdf5::Handle file = hdf5::create_file(path);
  const hdf5::Handle root = hdf5::open_group(file, "/");
  if (variable_text) {
    const hdf5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "type");
    H5Tset_size(type.get(), H5T_VARIABLE);
    const hdf5::Handle scalar(H5Screate(H5S_SCALAR), H5Sclose, "space");
    const hdf5::Handle a(H5Acreate2(root.get(), "model_config", type.get(), scalar.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, "attribute");
    const char* text = config.c_str();
    hdf5::check(H5Awrite(a.get(), type.get(), &text), "write");
  } else {
    hdf5::set_attribute(root, "model_config", config);
  }
  const hdf5::Handle first = hdf5::make_group(root, "model_weights/first/first"), second = hdf5::make_group(root, "model_weights/second/second");
  write_matrix(first, "kernel:0", {2, 3}, kernel_1);
  write_matrix(first, "bias:0", {3}, bias_1);
  write_matrix(second, "kernel:0", {3, 2}, kernel_2);
  write_matrix(second, "bias:0", {2}, bias_2);
  hdf5::close_file(file, path);
}

void write_model(const std::string& path, const std::string& activation, bool variable_text) {
  std::string config = R"({"class_name": "Sequential", "config": {"name": "s", "layers": [)" + layers + "]}}";
  config.replace(config.find("ACTIVATION"), 10, activation);
  write_config(path, config, variable_text);
}

enum class Keras { two, three };
/// A Functional model of Dense layers {name, where its inputs are from, units}, listed in this order.
void write_functional(const std::string& path, Keras version, const std::vector<std::array<std::string, 3>>& dense, const std::string& output) {
  std::string list = R"({"class_name": "InputLayer", "name": "in", "config": {"name": "in"}, "inbound_nodes": []})";
  for (const auto& [name, from, units] : dense) {
    const std::string tensor = R"([")" + from + R"(", 0, 0)";
    const std::string inbound = version == Keras::two ? "[[" + tensor + ", {}]]]"
                                                      : R"([{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 2], "dtype": "float32", "keras_history": )" + tensor +
                                                            R"(]}}], "kwargs": {"training": false}}])";
    list += R"(, {"class_name": "Dense", "name": ")" + name + R"(", "config": {"name": ")" + name + R"(", "units": )" + units + R"(, "activation": "linear"}, "inbound_nodes": )" + inbound + "}";
  }
  const std::string outputs = version == Keras::two ? R"([[")" + output + R"(", 0, 0]])" : R"([")" + output + R"(", 0, 0])";
  write_config(path, R"({"class_name": "Functional", "config": {"name": "f", "layers": [)" + list + R"(], "input_layers": [["in", 0, 0]], "output_layers": )" + outputs + "}}", true);
}

double by_hand(const std::string& a, double z) {
  if (a == "relu") return std::max(z, 0.0);
  if (a == "selu") return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * std::expm1(z));
  if (a == "elu") return z > 0 ? z : std::expm1(z);
  if (a == "tanh") return std::tanh(z);
  if (a == "sigmoid") return 1 / (1 + std::exp(-z));
  return z;
}

}  // namespace

TEST_CASE("a Keras network gives what its formula gives") {
  const TemporaryDirectory directory;
  for (const char* activation : {"linear", "relu", "selu", "elu", "tanh", "sigmoid"})
    for (const bool variable : {false, true}) {
      INFO(activation);
      const std::string path = directory.path() + "/" + activation + (variable ? "v" : "f") + ".h5";
      write_model(path, activation, variable);
      const DenseNetwork network = read_keras(path);
      REQUIRE(network.inputs() == 2);
      REQUIRE(network.outputs() == 2);
      const float x[2] = {0.4f, -0.9f};
      float y[2];
      network.predict(x, y);
      double h[3], z[2];
      for (int o = 0; o < 3; ++o) h[o] = by_hand(activation, x[0] * kernel_1[o] + x[1] * kernel_1[3 + o] + bias_1[o]);
      for (int o = 0; o < 2; ++o) z[o] = h[0] * kernel_2[o] + h[1] * kernel_2[2 + o] + h[2] * kernel_2[4 + o] + bias_2[o];
      const double p = std::exp(z[0]) / (std::exp(z[0]) + std::exp(z[1]));
      CHECK(y[0] == Approx(p).epsilon(1e-5));
      CHECK(y[0] + y[1] == Approx(1.0).epsilon(1e-6));
    }
}

TEST_CASE("the model keras scales inputs and outputs, and says what does not fit") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/net.h5";
  write_model(path, "tanh", false);
  const auto make = [&](std::vector<Config::Item> options, Faults& faults) {
    options.insert(options.begin(), {{"type", "keras", {}}, {"path", Config(path), {}}});
    return ModelRegistry::instance().make(Config::map(options), faults, ModelContext{{"a", "b"}});
  };
  Faults faults;
  const auto plain = make({}, faults);
  const auto scaled = make({{"inputs", Config::list({"b", "a"}), {}}, {"input_mean", Config::list({1, 10}), {}}, {"input_scale", Config::list({2, 100}), {}}, {"outputs", Config::list({"p", "q"}), {}},
                            {"output_scale", Config::list({5, 1}), {}}, {"output_mean", Config::list({-1.0, 0.0}), {}}},
                           faults);
  faults.throw_if_any("test");
  CHECK(scaled->columns()[0].name == "p");
  RandomStream stream(1, Purpose::test, 0);
  double a[2], b[2];
  const double theta[2] = {0.3, -0.2}, shifted[2] = {10 + 100 * -0.2, 1 + 2 * 0.3};
  CHECK(plain->evaluate(theta, stream, a).status == Status::ok);
  CHECK(scaled->evaluate(shifted, stream, b).status == Status::ok);
  CHECK(b[0] == Approx(5 * a[0] - 1).epsilon(1e-5));
  CHECK(b[1] == Approx(a[1]).epsilon(1e-5));

  Faults bad;
  CHECK_FALSE(make({{"inputs", Config::list({"a"}), {}}}, bad));
  CHECK_FALSE(make({{"inputs", Config::list({"a", "c"}), {}}}, bad));
  CHECK(bad.size() == 2);
  write_model(path, "swish", false);
  CHECK_THROWS_WITH(read_keras(path), Catch::Contains("swish") && Catch::Contains("first"));
  CHECK_THROWS_WITH(read_keras(directory.path() + "/no.h5"), Catch::Contains("not there"));
}

TEST_CASE("a Functional model is read where its layers are a chain in their order, and refused where they are not") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/net.h5";
  for (const Keras version : {Keras::two, Keras::three}) {
    write_functional(path, version, {{"first", "in", "3"}, {"second", "first", "2"}}, "second");
    const DenseNetwork network = read_keras(path);
    const float x[2] = {0.4f, -0.9f};
    float y[2];
    network.predict(x, y);
    double h[3];
    for (int o = 0; o < 3; ++o) h[o] = x[0] * kernel_1[o] + x[1] * kernel_1[3 + o] + bias_1[o];
    CHECK(y[0] == Approx(h[0] * kernel_2[0] + h[1] * kernel_2[2] + h[2] * kernel_2[4] + bias_2[0]).epsilon(1e-5));
    // Two heads of one layer; a list in another order; an output in the middle.
    write_functional(path, version, {{"first", "in", "3"}, {"second", "in", "2"}}, "second");
    CHECK_THROWS_WITH(read_keras(path), Catch::Contains("layer second takes its inputs from in") && Catch::Contains("branches"));
    write_functional(path, version, {{"second", "first", "2"}, {"first", "in", "3"}}, "second");
    CHECK_THROWS_WITH(read_keras(path), Catch::Contains("layer second takes its inputs from first"));
    write_functional(path, version, {{"first", "in", "3"}, {"second", "first", "2"}}, "first");
    CHECK_THROWS_WITH(read_keras(path), Catch::Contains("outputs are those of first"));
  }
}
