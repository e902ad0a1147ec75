#pragma once
// The commands that use a learned model.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/learning/model.h"

namespace umbra {

struct PredictOptions {
  std::string model, points;
  std::string output;              ///< a CSV file; "": the terminal
  std::vector<std::string> slha;   ///< "EXTPAR 1=M1": where an SLHA file has the parameters
  double confidence = 0.95;        ///< level at which points are counted
};

struct ServeOptions {
  std::string model;
  std::string host = "127.0.0.1";
  int port = 8080;                       ///< 0: any that is free
  std::uint64_t max_bytes = 16u << 20;   ///< of a request
  int at_once = 8;                       ///< requests; more are told to come again
};

int predict_command(const PredictOptions& options);
/// Answers until SIGINT or SIGTERM.
int serve_command(const ServeOptions& options);

/// Which parameters of a point [inputs] lie outside the training box, for people; "" where none does.
std::string outside_text(const LearnedModel& model, std::span<const double> point);

}  // namespace umbra
