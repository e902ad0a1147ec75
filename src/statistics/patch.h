#pragma once
// Signals that are published as JSON patches (RFC 6902) of a background workspace, alone or many in a patch set that knows the digest of
// the workspace it was made for.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace umbra {

/// The workspace after a patch. Throws UserError that says which operation does not apply.
nlohmann::json apply_patch(const nlohmann::json& workspace, const nlohmann::json& patch);

struct PatchInfo {
  std::string name;
  std::vector<double> values;  ///< one for each label of the set; what is not a number is NaN
};

/// What a patch set holds, in its order.
std::vector<PatchInfo> list_patches(const nlohmann::json& patch_set);

/// The patches of these names, after the set's digests have been compared with the workspace. Throws UserError where they differ.
std::vector<const nlohmann::json*> find_patches(const nlohmann::json& patch_set, const std::vector<std::string>& names, const nlohmann::json& workspace);
/// One of them.
const nlohmann::json& find_patch(const nlohmann::json& patch_set, const std::string& name, const nlohmann::json& workspace);

/// SHA-256 of a document as pyhf computes it: keys sorted, ", " and ": " between, numbers as Python prints them, UTF-8.
std::string digest(const nlohmann::json& document);

}  // namespace umbra
