#pragma once
// Saving a sampler's members as one Boost binary archive. Included in .cpp files only: the archive headers are slow to compile.

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/set.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <istream>
#include <new>
#include <ostream>
#include <stdexcept>

#include "src/base/error.h"

namespace umbra {

template <class... Members>
void save_archive(std::ostream& out, const Members&... members) {
  boost::archive::binary_oarchive archive(out);
  (archive << ... << members);
}

/// Throws UserError where the state is damaged.
template <class... Members>
void load_archive(std::istream& in, Members&... members) {
  try {
    boost::archive::binary_iarchive archive(in);
    (archive >> ... >> members);
  } catch (const boost::archive::archive_exception& e) {
    throw UserError(fmt::format("the sampler's saved state cannot be read ({}): it is damaged or of another version; start from the points told instead", e.what()));
  } catch (const std::bad_alloc&) {
    throw UserError("the sampler's saved state cannot be read (a length in it is absurd): it is damaged; start from the points told instead");
  } catch (const std::length_error&) {
    throw UserError("the sampler's saved state cannot be read (a length in it is absurd): it is damaged; start from the points told instead");
  }
}

}  // namespace umbra
