#include "workflows/sessions.h"

#include <nlohmann/json.hpp>

#include "io/file.h"

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

std::string file_of(const std::string& run) { return run + "/sessions.json"; }

Json to_json(const std::vector<Session>& sessions) {
  Json all = Json::array();
  for (const Session& s : sessions) {
    all.push_back({{"start", s.start}, {"end", s.end}, {"ranks", s.ranks}, {"hosts", s.hosts}, {"busy_s", s.busy_s}, {"span_s", s.span_s}, {"outcomes_before", s.outcomes_before}});
    if (!s.stopped_by.empty()) all.back()["stopped_by"] = s.stopped_by;
  }
  return all;
}

std::vector<Session> from_json(const Json& all) {
  std::vector<Session> sessions;
  for (const Json& j : all)
    sessions.push_back({j.at("start"), j.at("end"), j.at("ranks"), j.at("hosts"), j.at("busy_s"), j.at("span_s"), j.at("outcomes_before"), j.value("stopped_by", "")});
  return sessions;
}

}  // namespace

std::optional<std::vector<Session>> read_sessions(const std::string& run) {
  if (!exists(file_of(run))) return std::vector<Session>{};
  const std::vector<std::byte> text = read_file(file_of(run));
  try {
    const Json all = Json::parse(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
    if (all.is_array()) return from_json(all);
  } catch (const Json::exception&) {
    // damaged, or somebody else's
  }
  return {};
}

void write_sessions(const std::string& run, const std::vector<Session>& sessions) { replace_file(file_of(run), to_json(sessions).dump(1) + "\n"); }

std::string sessions_line(const std::vector<Session>& sessions) { return to_json(sessions).dump(); }

}  // namespace umbra
