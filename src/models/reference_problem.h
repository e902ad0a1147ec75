#pragma once
// What is known exactly of the test functions: box, maximum of ln L and where it is, evidence. For the tests and benchmarks of samplers.

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace umbra {

struct ReferenceProblem {
  double low = 0.0;   ///< lower end of the box, the same for every parameter
  double high = 1.0;  ///< upper end
  double max_log_likelihood = 0.0;
  double num_maxima = 1.0;                  ///< how many places have it; infinity for a continuum
  std::vector<std::vector<double>> maxima;  ///< [some or all of them x dim]
  std::optional<double> log_evidence;       ///< ln of the mean likelihood over the box, where it is known for this dimension
};

/// Each test function adds its own, under the name of its model.
class ReferenceProblems {
 public:
  struct Entry {
    std::size_t min_dim = 1;
    std::size_t max_dim = std::numeric_limits<std::size_t>::max();
    std::function<ReferenceProblem(std::size_t dim)> make;
  };
  static ReferenceProblems& instance();
  bool add(std::string name, Entry entry);
  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  std::map<std::string, Entry> entries_;
};

/// The problem of a model with its default options. Throws UserError for an unknown name or a dimension that it does not have.
ReferenceProblem reference_problem(const std::string& name, std::size_t dim);

}  // namespace umbra
