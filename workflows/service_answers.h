#pragma once
// What the HTTP service of a learned model answers, without the HTTP.

#include <mutex>
#include <string>

#include "src/learning/model.h"

namespace umbra {

struct Answer {
  int status = 200;
  std::string body;  ///< JSON; {"error": ...} where status is not 200
};

/// Thread-safe: one prediction at a time.
class ServiceAnswers {
 public:
  explicit ServiceAnswers(LearnedModel model) : model_(std::move(model)) {}
  /// What the model is: target, parameters, box, metrics.
  Answer describe() const;
  /// {"points": [{"M1": 100, ...}, ...]} or {"points": [[100, ...], ...], "parameters": ["M1", ...]}; answers {"predictions": [{...}, ...]}.
  /// A list without "parameters" is in the order of describe().
  Answer predict(const std::string& body);

 private:
  LearnedModel model_;
  std::mutex mutex_;
};

Answer error_answer(int status, const std::string& text);

}  // namespace umbra
