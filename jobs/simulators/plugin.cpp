#include "jobs/simulators/plugin.h"

#include "jobs/simulators/umbra_model.h"
#include "src/base/error.h"

namespace umbra {
namespace {

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> all;
  for (const std::string& t : texts) all.push_back(t.c_str());
  return all;
}

}  // namespace

Plugin::Plugin(const std::string& file, const std::vector<std::string>& parameters, const std::vector<std::string>& columns)
    : library_(file) {
  int (*version)() = nullptr;
  int (*open)(int, const char* const*, int, const char* const*, char*) = nullptr;
  library_.find("umbra_model_version", version);
  library_.find("umbra_model_evaluate", evaluate_);
  library_.find("umbra_model_open", open);
  library_.find("umbra_model_close", close_);
  VALIDATE(version && evaluate_, "{} does not define {} (umbra_model.h), in C++ it needs extern \"C\"", file, version ? "umbra_model_evaluate" : "umbra_model_version");
  VALIDATE(version() == UMBRA_MODEL_VERSION, "{} was made for version {} of umbra_model.h, this Umbra has version {}, compile it again", file, version(), UMBRA_MODEL_VERSION);
  char message[UMBRA_MESSAGE_SIZE + 1] = {};
  const int refused = open ? open(static_cast<int>(parameters.size()), pointers(parameters).data(), static_cast<int>(columns.size()), pointers(columns).data(), message) : 0;
  VALIDATE(refused == 0, "{} refuses these parameters and columns: {}", file, message[0] ? message : "it does not say why");
}

Plugin::~Plugin() {
  if (close_) close_();
}

}  // namespace umbra
