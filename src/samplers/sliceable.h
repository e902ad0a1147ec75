#pragma once
// The trait of samplers whose tasks do not depend on the outcomes of others, so that a slice of them can be done alone.

#include "src/base/slice.h"

namespace umbra {

class Sliceable {
 public:
  virtual ~Sliceable() = default;
  /// Before the first ask() or load(): gives only the ids of the slice from now on; end() stays that of the whole.
  virtual void take_slice(const Slice& slice) = 0;
};

}  // namespace umbra
