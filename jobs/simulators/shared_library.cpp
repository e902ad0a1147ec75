#include "jobs/simulators/shared_library.h"

#include <dlfcn.h>

#include "src/base/error.h"

namespace umbra {

SharedLibrary::SharedLibrary(const std::string& file) : library_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  VALIDATE(library_, "cannot load the library: {}", dlerror());
}

void* SharedLibrary::address(const char* name) const { return dlsym(library_, name); }

}  // namespace umbra
