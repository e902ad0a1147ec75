#include "io/keras.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/file.h"
#include "io/hdf5.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

using nlohmann::json;

// Keras writes texts of variable length through newer versions of h5py, of fixed length through older ones.
std::string text_attribute(const hdf5::Handle& object, const char* name, const std::string& path) {
  VALIDATE(H5Aexists(object.get(), name) > 0, "{} has no attribute {}: it is no whole Keras model (save it with model.save(\"net.h5\"), weights alone do not say what the network is)", path, name);
  const hdf5::Handle a(H5Aopen(object.get(), name, H5P_DEFAULT), H5Aclose, "open an attribute");
  const hdf5::Handle type(H5Aget_type(a.get()), H5Tclose, "open a type");
  VALIDATE(H5Tget_class(type.get()) == H5T_STRING, "{}: attribute {} is no text: it is no Keras model", path, name);
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    hdf5::check(H5Aread(a.get(), type.get(), &text), "read an attribute");
    std::string copy = text ? text : "";
    H5free_memory(text);
    return copy;
  }
  std::string text(H5Tget_size(type.get()), '\0');
  hdf5::check(H5Aread(a.get(), type.get(), text.data()), "read an attribute");
  return text.substr(0, text.find('\0'));
}

// kernel:0 lies in model_weights/<layer>/<layer>, or deeper where a model was made of others.
std::string find_below(const hdf5::Handle& group, const std::string& at, const std::string& name) {
  for (const std::string& member : hdf5::members(group)) {
    const std::string path = at.empty() ? member : at + "/" + member;
    if (member == name || member == name + ":0") return path;
    const hdf5::Handle object(H5Oopen(group.get(), member.c_str(), H5P_DEFAULT), H5Oclose, "open " + path);
    if (H5Iget_type(object.get()) != H5I_GROUP) continue;
    if (const std::string found = find_below(hdf5::open_group(group, member), path, name); !found.empty()) return found;
  }
  return {};
}

std::vector<float> read_all(const hdf5::Handle& dataset) {
  std::size_t size = 1;
  for (const hsize_t e : hdf5::extent(dataset)) size *= e;
  std::vector<float> values(size);
  if (size > 0) hdf5::check(H5Dread(dataset.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "read weights");
  return values;
}

Activation activation_named(const std::string& name, const std::string& layer, const std::string& path) {
  const auto found = std::find(activation_names().begin(), activation_names().end(), name);
  VALIDATE(found != activation_names().end(), "{}: layer {} has the activation '{}', which is not known; known: {}", path, layer, name, join(activation_names()));
  return static_cast<Activation>(found - activation_names().begin());
}

DenseLayer read_dense(const hdf5::Handle& weights, const json& config, const std::string& name, const std::string& path) {
  VALIDATE(hdf5::has(weights, name), "{} has no weights of layer {}: the file is damaged", path, name);
  const hdf5::Handle group = hdf5::open_group(weights, name);
  const std::string kernel_at = find_below(group, "", "kernel");
  VALIDATE(!kernel_at.empty(), "{}: layer {} has no kernel: the file is damaged", path, name);
  const hdf5::Handle kernel = hdf5::open_dataset(group, kernel_at);
  const std::vector<hsize_t> extent = hdf5::extent(kernel);
  VALIDATE(extent.size() == 2, "{}: the kernel of layer {} has {} dimensions instead of 2: it is no dense layer", path, name, extent.size());
  DenseLayer layer{extent[0], extent[1], std::vector<float>(extent[0] * extent[1]), std::vector<float>(extent[1], 0.0f), activation_named(config.value("activation", "linear"), name, path)};
  VALIDATE(!config.contains("units") || config.at("units").get<std::size_t>() == layer.out, "{}: layer {} has a kernel for {} units and says {}: the file is altered", path, name, layer.out,
           config.at("units").get<std::size_t>());
  const std::vector<float> values = read_all(kernel);  // [in x out]
  for (std::size_t i = 0; i < layer.in; ++i)
    for (std::size_t o = 0; o < layer.out; ++o) layer.weights[o * layer.in + i] = values[i * layer.out + o];
  if (config.value("use_bias", true)) {
    const std::string bias_at = find_below(group, "", "bias");
    VALIDATE(!bias_at.empty(), "{}: layer {} has no bias: the file is damaged", path, name);
    layer.bias = read_all(hdf5::open_dataset(group, bias_at));
    VALIDATE(layer.bias.size() == layer.out, "{}: layer {} has {} biases for {} units: the file is damaged", path, name, layer.bias.size(), layer.out);
  }
  return layer;
}

constexpr int most_levels = 16;

// The layers from which a layer takes its inputs: [[["name", 0, 0, {}]]] of Keras 2, "keras_history": ["name", 0, 0] of Keras 3.
void collect_inbound(const json& node, std::vector<std::string>& names, int depth = 0) {
  if (depth > most_levels) return;
  if (node.is_array() && !node.empty() && node[0].is_string()) return names.push_back(node[0]);
  if (node.is_object() && node.contains("keras_history")) return collect_inbound(node.at("keras_history"), names, depth + 1);
  if (node.is_structured())
    for (const json& child : node) collect_inbound(child, names, depth + 1);
}

// Layers of a Functional model are listed in any order, and may have several followers: it is a chain where each takes its inputs from the one before it in the list.
void check_chain(const json& layer, const std::string& name, const std::string& before, const std::string& path) {
  if (!layer.contains("inbound_nodes")) return;
  std::vector<std::string> inbound;
  collect_inbound(layer.at("inbound_nodes"), inbound);
  VALIDATE(inbound.size() < 2, "{}: layer {} has several inputs ({}), and only chains of layers are read: save the chain that you need as a model of its own", path, name, join(inbound));
  const std::string from = inbound.empty() ? "" : inbound.front();
  VALIDATE(from == before, "{}: layer {} takes its inputs from {}, and the layer before it in the file is {} (the network has branches, and only chains of layers are read): save the chain that you need as a model of its own",
           path, name, from.empty() ? "nowhere" : from, before.empty() ? "none" : before);
}

// Which layers' outputs are the network's: ["name", 0, 0] or a list of such.
void check_output(const json& config, const std::string& last, const std::string& path) {
  if (!config.is_object() || !config.contains("output_layers")) return;
  std::vector<std::string> outputs;
  collect_inbound(config.at("output_layers"), outputs);
  VALIDATE(outputs.size() == 1 && outputs.front() == last, "{}: its outputs are those of {}, and its last layer is {}: only networks whose last layer alone is the output are read", path, join(outputs), last);
}

}  // namespace

DenseNetwork read_keras(const std::string& path) {
  VALIDATE(exists(path), "the network {} is not there: is the path right?", path);
  const auto lock = hdf5::lock();
  try {
    const hdf5::Handle file = hdf5::open_file(path);
    const hdf5::Handle root = hdf5::open_group(file, "/");
    const json model = json::parse(text_attribute(root, "model_config", path), nullptr, false);
    VALIDATE(model.is_object() && model.contains("config"), "{}: its model_config is not what Keras writes: the file is damaged", path);
    const json& config = model.at("config");
    const json& list = config.is_array() ? config : config.at("layers");
    VALIDATE(hdf5::has(root, "model_weights"), "{} has no group model_weights: save the whole model with model.save(\"net.h5\")", path);
    const hdf5::Handle weights = hdf5::open_group(root, "model_weights");
    std::vector<DenseLayer> layers;
    std::string before;
    for (const json& layer : list) {
      const std::string kind = layer.at("class_name");
      const json& own = layer.at("config");
      const std::string name = own.value("name", kind);
      check_chain(layer, name, before, path);
      before = layer.value("name", name);
      if (kind == "InputLayer" || kind == "Dropout" || kind == "AlphaDropout") continue;
      if (kind == "Dense") {
        layers.push_back(read_dense(weights, own, name, path));
      } else if (kind == "Activation") {
        VALIDATE(!layers.empty() && layers.back().activation == Activation::linear, "{}: activation {} does not follow a dense layer without one", path, name);
        layers.back().activation = activation_named(own.at("activation"), name, path);
      } else {
        throw UserError(fmt::format("{}: layer {} is of the kind {}, which is not known; known: Dense, Activation, Dropout, InputLayer", path, name, kind));
      }
    }
    check_output(config, before, path);
    return DenseNetwork(std::move(layers));
  } catch (const json::exception& e) {
    throw UserError(fmt::format("{}: its model_config is not what Keras writes ({})", path, e.what()));
  } catch (const hdf5::Error& e) {
    throw UserError(fmt::format("the network {} cannot be read (is it a Keras model in HDF5?): {}", path, e.what()));
  }
}

}  // namespace umbra
