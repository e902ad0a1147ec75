#include "workflows/run_log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

namespace umbra {

struct RunLog::Impl {
  std::shared_ptr<spdlog::logger> logger;
};

RunLog::RunLog(const std::string& directory) : impl_(std::make_unique<Impl>()) {
  spdlog::sink_ptr file;
  try {
    file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(directory + "/log.txt");
  } catch (const spdlog::spdlog_ex&) {
    file = std::make_shared<spdlog::sinks::null_sink_mt>();
  }
  impl_->logger = std::make_shared<spdlog::logger>("run", file);
  impl_->logger->set_pattern("%Y-%m-%d %H:%M:%S %l %v");
  impl_->logger->flush_on(spdlog::level::info);
  impl_->logger->set_error_handler([](const std::string&) {});
}

RunLog::~RunLog() = default;
void RunLog::say(const std::string& text) { impl_->logger->info(text); }
void RunLog::warn(const std::string& text) { impl_->logger->warn(text); }

}  // namespace umbra
