#pragma once
// A worker's own copy of a program's folder, for a program that writes beside itself.

#include <string>
#include <unordered_map>
#include <vector>

namespace umbra {

/// Made with the first point that needs it, and again after a point that spoilt it. Between points it loses whatever is not of the original, but for
/// what `cache` names; files of the original that the program changed stay changed.
class PrivateCopy {
 public:
  /// @param cache files and folders, relative to the copy, that the program makes once and may find again at later points
  PrivateCopy(std::string source, std::string folder, std::vector<std::string> cache);

  const std::string& folder() const { return folder_; }
  /// Ready for a run. Costs a look at every file. @throws UserError, std::filesystem::filesystem_error where it cannot be copied
  void prepare();
  /// Whether an earlier run has been in what this run is in.
  bool used() const { return runs_ > 1; }
  /// What a run did in it is not for the next: it is made anew.
  void spoil() { spoilt_ = true; }
  /// Files, relative to the copy, that are not of the original or were changed since, without the cache.
  std::vector<std::string> changed() const;

 private:
  struct Stamp {
    long long time = 0, size = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp(const std::string& path);
  void make();
  bool clean();
  bool cached(const std::string& file) const;
  bool leads_to_cache(const std::string& folder) const;

  std::string source_, folder_;
  std::vector<std::string> cache_;
  std::unordered_map<std::string, Stamp> original_;  ///< by path relative to the copy
  bool spoilt_ = true;
  int runs_ = 0;
};

}  // namespace umbra
