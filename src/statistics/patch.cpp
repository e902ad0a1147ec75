#include "src/statistics/patch.h"

#include <charconv>
#include <limits>
#include <map>

#include "src/base/text.h"
#include "src/statistics/json_view.h"
#include "src/statistics/sha256.h"

namespace umbra {

namespace {

/// The shortest digits that read back as the same number, laid out as Python's repr does: an exponent below 1e-4 and from 1e16.
void print_number(double x, std::string& out) {
  char buffer[64];
  const double size = std::abs(x);
  const bool plain = x == 0 || (size >= 1e-4 && size < 1e16);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x, plain ? std::chars_format::fixed : std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out += text;
  if (plain && text.find('.') == std::string_view::npos) out += ".0";
}

void print(const json& node, std::string& out) {
  if (node.is_object()) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : node.items()) {
      if (!first) out += ", ";
      first = false;
      out += json(key).dump() + ": ";
      print(value, out);
    }
    out += '}';
  } else if (node.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (i > 0) out += ", ";
      print(node[i], out);
    }
    out += ']';
  } else if (node.is_number_float()) {
    print_number(node.get<double>(), out);
  } else {
    out += node.dump();
  }
}

}  // namespace

std::string digest(const json& document) {
  std::string text;
  print(document, text);
  return sha256(text);
}

json apply_patch(const json& workspace, const json& patch) {
  VALIDATE(patch.is_array(), "/: a JSON patch is a list of operations, found {}; is this a patch set? then say which patch", patch.type_name());
  // One operation at a time, so that a fault names the one that does not apply.
  json patched = workspace;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const JsonView operation(patch[i], "/" + std::to_string(i));
    const std::string path = operation["path"].text();
    try {
      patched.patch_inplace(json::array({patch[i]}));
    } catch (const json::exception& e) {
      throw UserError(fmt::format("{}: '{}' of {} does not apply to this workspace ({}), use the patch with the workspace it was made for",
                                  operation.path(), operation["op"].text(), path, e.what()));
    }
  }
  return patched;
}

std::vector<PatchInfo> list_patches(const json& patch_set) {
  std::vector<PatchInfo> all;
  for (const JsonView& patch : JsonView(patch_set)["patches"].elements()) {
    const JsonView metadata = patch["metadata"];
    PatchInfo info{metadata["name"].text(), {}};
    for (const JsonView& value : metadata["values"].elements())
      info.values.push_back(value.node().is_number() ? value.number() : std::numeric_limits<double>::quiet_NaN());
    all.push_back(std::move(info));
  }
  return all;
}

std::vector<const json*> find_patches(const json& patch_set, const std::vector<std::string>& names, const json& workspace) {
  const JsonView root(patch_set);
  const JsonView digests = root["metadata"]["digests"];
  const std::string expected = digests["sha256"].text();
  const std::string found = digest(workspace);
  VALIDATE(expected == found,
           "{}: the workspace has SHA-256 {}, the patch set was made for {} (its signals would land in the wrong place), use that workspace",
           digests["sha256"].path(), found, expected);
  std::map<std::string, const json*> known;
  std::vector<std::string> all;
  for (const JsonView& patch : root["patches"].elements()) {
    all.push_back(patch["metadata"]["name"].text());
    known[all.back()] = &patch["patch"].node();
  }
  std::vector<const json*> patches;
  for (const std::string& name : names) {
    VALIDATE(known.count(name), "{}: no patch is called '{}'{}", root["patches"].path(), name, suggestion(name, all));
    patches.push_back(known.at(name));
  }
  return patches;
}

const json& find_patch(const json& patch_set, const std::string& name, const json& workspace) {
  return *find_patches(patch_set, {name}, workspace).front();
}

}  // namespace umbra
