#pragma once
// Networks that Keras saved as HDF5: how the field publishes trained models.

#include <string>

#include "src/learning/network.h"

namespace umbra {

/// Reads the dense layers of a Sequential model or of a Functional one that is a chain: Dense, Activation, Dropout and InputLayer; activations linear, relu, selu, elu, tanh,
/// sigmoid, softmax. The file holds the architecture (attribute model_config) and the weights (group model_weights), as `model.save("net.h5")` writes them.
/// Throws UserError, naming layer and file, for anything else.
DenseNetwork read_keras(const std::string& path);

}  // namespace umbra
