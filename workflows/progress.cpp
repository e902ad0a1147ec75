#include "workflows/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <locale>
#include <nlohmann/json.hpp>

namespace umbra {
namespace {

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

}  // namespace

std::optional<double> ProgressState::seconds_left() const {
  if (!total || rate <= 0.0) return {};
  return static_cast<double>(*total - std::min(done, *total)) / rate;
}

std::string status_json(const ProgressState& s, double unix_time) {
  nlohmann::ordered_json j;
  j["name"] = s.name;
  j["state"] = s.state;
  j["done"] = s.done;
  if (s.total) j["total"] = *s.total;
  j["failures"] = s.failures;
  if (std::isfinite(s.best)) j["best_log_likelihood"] = s.best;
  j["rate"] = s.rate;
  j["busy_share"] = s.busy_share;
  j["elapsed_s"] = s.elapsed_s;
  if (const auto left = s.seconds_left()) j["seconds_left"] = *left;
  j["ranks"] = s.ranks;
  for (const auto& [name, value] : s.numbers) j["progress"][name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  if (!s.note.empty()) j["note"] = s.note;
  j["updated"] = unix_time;
  return j.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string human_duration(double s) {
  if (s < 10.0) return fmt::format("{:.1f} s", s);
  if (s < 120.0) return fmt::format("{:.0f} s", s);
  const auto minutes = static_cast<long>(s / 60.0);
  if (minutes < 120) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / 1440, minutes % 1440 / 60);
}

std::string human_time(double s) {
  if (s < 1e-3) return fmt::format("{:.3g} us", s * 1e6);
  if (s < 1.0) return fmt::format("{:.3g} ms", s * 1e3);
  return fmt::format("{:.3g} s", s);
}

std::string human_count(double n) {
  if (n < 1e3) return fmt::format("{:.3g} ", n);
  if (n < 1e6) return fmt::format("{:.3g} k", n / 1e3);
  if (n < 1e9) return fmt::format("{:.3g} M", n / 1e6);
  return fmt::format("{:.3g} G", n / 1e9);
}

std::string progress_line(const ProgressState& s) {
  std::string line;
  if (s.total) line += fmt::format("{:5.1f} %  {} / {}", 100.0 * static_cast<double>(s.done) / static_cast<double>(std::max<std::uint64_t>(*s.total, 1)), grouped(s.done), grouped(*s.total));
  else line += grouped(s.done);
  line += fmt::format("   {}/s", human_count(s.rate));
  if (std::isfinite(s.best)) line += fmt::format("   best {:.4g}", s.best);
  for (const auto& [name, value] : s.numbers) line += name.ends_with("_error") ? fmt::format(" +- {:.2g}", value) : fmt::format("   {} {:.4g}", name, value);
  if (s.done > 0) line += fmt::format("   failed {:.2g} %", 100.0 * static_cast<double>(s.failures) / static_cast<double>(s.done));
  line += fmt::format("   busy {:.0f} %", 100.0 * s.busy_share);
  if (const auto left = s.seconds_left(); left && s.state == "running") line += fmt::format("   {} left", human_duration(*left));
  if (!s.note.empty()) line += "   " + s.note;
  return line;
}

ProgressPrinter::ProgressPrinter(bool quiet) : terminal_(isatty(STDOUT_FILENO) != 0), quiet_(quiet) {}

void ProgressPrinter::show(const ProgressState& state, double now, bool last) {
  if (quiet_ || (now < next_ && !last)) return;
  next_ = now + (terminal_ ? 0.1 : 30.0);
  if (terminal_) fmt::print("\r\033[K{}{}", progress_line(state), last ? "\n" : "");
  else fmt::print("{}\n", progress_line(state));
  std::fflush(stdout);
}

}  // namespace umbra
