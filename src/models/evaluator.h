#pragma once
// The interface of everything that is evaluated at a point: theta and a random stream in, one row of named columns out.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/column.h"
#include "src/base/random.h"
#include "src/base/registry.h"
#include "src/base/status.h"

namespace umbra {

/// The parameters that a model is given, in the order of theta.
struct ModelContext {
  std::vector<std::string> parameters;
};

/// How an evaluation ended; `message` says why it is not ok.
struct Evaluation {
  Status status = Status::ok;
  std::string message;

  /// Columns that the model chose not to compute at this point, which stay NaN: first <= column < end, counted among its own.
  struct NotRun {
    std::size_t first = 0, end = 0;
    std::string why;
  };
  std::vector<NotRun> not_run = {};
};

/// One per rank, used by one thread at a time.
class Evaluator {
 public:
  static constexpr const char* registry_noun = "model";

  virtual ~Evaluator() = default;

  /// The columns that it makes, the same for every point.
  virtual const std::vector<Column>& columns() const = 0;
  /// @param theta [num_parameters] physical values in the order of ModelContext::parameters
  /// @param stream belongs to this point alone; all randomness of the model comes from it
  /// @param row [num_columns] to fill; what is not filled stays NaN
  /// A point that cannot be computed is a status, never an exception.
  virtual Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) = 0;
};

using ModelRegistry = Registry<Evaluator, ModelContext>;

}  // namespace umbra
