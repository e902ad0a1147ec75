#include "src/statistics/same_background.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace umbra {

namespace {

std::vector<SampleSpec> background(const ChannelSpec& channel, const std::string& poi) {
  std::vector<SampleSpec> samples;
  for (const SampleSpec& sample : channel.samples)
    if (std::none_of(sample.modifiers.begin(), sample.modifiers.end(),
                     [&](const Modifier& m) { return m.type == ModifierType::normfactor && m.name == poi; }))
      samples.push_back(sample);
  return samples;
}

}  // namespace

std::string background_difference(const Workspace& a, const HistFactory& first, const Workspace& b, const HistFactory& second) {
  if (first.poi() == HistFactory::none || second.poi() == HistFactory::none) return "a model has no parameter of interest";
  const std::string poi = first.parameters()[first.poi()].name;
  if (second.parameters()[second.poi()].name != poi) return "the parameters of interest differ";
  if (a.channels.size() != b.channels.size()) return "the channels differ";
  for (std::size_t i = 0; i < a.channels.size(); ++i) {
    if (a.channels[i].name != b.channels[i].name) return fmt::format("the channels '{}' and '{}' differ", a.channels[i].name, b.channels[i].name);
    if (background(a.channels[i], poi) != background(b.channels[i], poi))
      return fmt::format("the background of channel '{}' differs", a.channels[i].name);
  }
  if (a.observations != b.observations) return "the observations differ";
  for (const ModelParameter& p : first.parameters()) {
    const std::size_t other = second.find(p.name);
    if (other == HistFactory::none) continue;
    const ModelParameter& q = second.parameters()[other];
    if (p.constraint != q.constraint || p.width != q.width || p.auxiliary != q.auxiliary || p.fixed != q.fixed)
      return fmt::format("the constraint of '{}' differs", p.name);
    if (p.fixed && p.init != q.init) return fmt::format("the value of '{}', which is fixed, differs", p.name);
    if (p.name != poi && (p.low != q.low || p.high != q.high)) return fmt::format("the bounds of '{}' differ", p.name);
  }
  return "";
}

}  // namespace umbra
