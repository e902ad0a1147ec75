#pragma once
// JSON as programs write it, with words and numbers that JSON does not have.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace umbra {

/// Reads JSON in which NaN, Infinity and -Infinity (Python) or nan, inf and -inf (C) stand for numbers, and numbers pass the range of a double. Those
/// that are not finite become the texts "NaN", "Infinity" and "-Infinity". Discarded where the text is no JSON even so. @param fault then says why
nlohmann::json read_lenient_json(std::string_view text, std::string& fault);

}  // namespace umbra
