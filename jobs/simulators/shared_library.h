#pragma once
// A shared library of a user's, loaded into this process, and its functions by name.

#include <cstring>
#include <string>

namespace umbra {

class SharedLibrary {
 public:
  /// Throws UserError where it cannot be loaded. It is never unloaded: libraries that keep threads or thread-local data do not survive that.
  explicit SharedLibrary(const std::string& file);

  /// Leaves `function` null where the library does not define it.
  template <class Function>
  void find(const char* name, Function*& function) const {
    void* const symbol = address(name);
    std::memcpy(&function, &symbol, sizeof symbol);
  }

 private:
  void* address(const char* name) const;
  void* library_;
};


}  // namespace umbra
