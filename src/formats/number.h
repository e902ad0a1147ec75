#pragma once
// Numbers as programs of the field print them.

#include <optional>
#include <string>
#include <string_view>

namespace umbra {

/// Reads one number with nothing around it but spaces. Beside the usual forms: Fortran's exponents (1.5D+02, 1.5d2, and 1.5-102, where three
/// digits drop the letter), a sign in front, NaN and Inf in any case. Beyond the range of a double: 0 or infinity. Needs no locale.
std::optional<double> read_number(std::string_view text);

/// The shortest text that reads back as the same double; "NaN", "Infinity" or "-Infinity" for what is not finite.
void append_number(std::string& text, double value);

}  // namespace umbra
