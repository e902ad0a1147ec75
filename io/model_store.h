#pragma once
// A learned model on disk: a folder with model.json (the card, for people and programs) and committee.bin (its members).

#include <string>

#include "src/learning/model.h"

namespace umbra {

/// Writes a folder, and replaces an older model there. Throws FileError.
void save_model(const std::string& directory, const LearnedModel& model);
/// Throws UserError, saying what, where a file is missing, truncated, altered (each has a CRC-32C), or of a later version.
LearnedModel load_model(const std::string& directory);

}  // namespace umbra
