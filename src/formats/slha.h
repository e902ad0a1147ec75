#pragma once
// The SUSY Les Houches Accord (arXiv:hep-ph/0311123, arXiv:0801.0045): reading any entry, and setting entries in a file while the rest stays.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace umbra {

/// One number in an SLHA file: "MASS 25", "NMIX 1 3", "ALPHA" (a block of one bare value), "DECAY 25" (a total width) or
/// "DECAY 25 -> 5 -5" (a branching ratio, its products in any order).
struct SlhaKey {
  std::string block;  ///< in capitals; "DECAY" for widths and branching ratios
  std::vector<long> indices;
  bool branching = false;
  std::vector<long> products;  ///< of a branching ratio, ascending

  /// Nothing where the text is no key.
  static std::optional<SlhaKey> parse(std::string_view text);
};

/// An SLHA file, read leniently: any case, any spacing, tabs, comments; lines that make no sense are passed over. Never throws.
class Slha {
 public:
  explicit Slha(std::string_view text);

  /// The text of the value, without comment. Where a block or an entry comes twice, the first counts. Nothing where it is missing or stands in a
  /// last line without an end (a file that was cut off there could give half a number).
  std::optional<std::string> find(const SlhaKey& key) const;
  /// Everything in a block whose first number is `index`, values and words ("SPINFO 4": what the spectrum generator complains of).
  std::vector<std::string> texts(std::string_view block, long index) const;
  bool has_block(std::string_view name) const;

 private:
  struct Entry {
    std::vector<std::string> words;  ///< indices and value
  };
  struct Block {
    std::string name;  ///< capitals; "DECAY 25" for a particle's decays
    std::string head;  ///< a decay's width
    std::vector<Entry> entries;
  };
  const Block* block(std::string_view name) const;
  std::vector<Block> blocks_;
};

/// The file with one entry's value replaced, comment and everything else as it was; a missing entry is appended to its block, a missing block to
/// the file. The line that is set ends with a newline. @param key not a branching ratio
std::string set_slha(std::string_view file, const SlhaKey& key, std::string_view value);

}  // namespace umbra
