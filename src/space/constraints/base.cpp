#include "src/space/constraints/base.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/text.h"
#include "src/space/names.h"
#include "src/space/raise.h"

namespace umbra {

Error::Error(Quantity sigma, Quantity theory) : sigma_(std::move(sigma)), theory_(std::move(theory)) {
  if (sigma_.constant() && theory_.constant()) fixed_ = std::hypot(*sigma_.constant(), *theory_.constant());
}

double Error::compute(std::span<const double> values) const {
  const double s = sigma_(values), t = theory_(values);
  return s >= 0 && t >= 0 && s + t > 0 ? std::sqrt(s * s + t * t) : std::numeric_limits<double>::quiet_NaN();
}

Quantity ConstraintReader::size(const std::string& text, const std::string& what) {
  Quantity q = quantity(text, what);
  check(!q.constant() || (*q.constant() >= 0 && std::isfinite(*q.constant())),
        what + ": " + text + " is not the size of an error, write a positive number");
  return q;
}

Error ConstraintReader::error(const std::string& sigma, const std::string& theory, bool needed, const std::string& what) {
  Error e(size(sigma, what), size(theory, "theory"));
  check(!needed || !e.constant() || *e.constant() > 0, "'" + what + "' is missing or zero (a deviation needs a scale), give an error above 0");
  return e;
}

void ConstraintReader::check(bool condition, const std::string& fault) {
  if (!condition) faults_.add({}, fault);
}

std::string ConstraintReader::name(const std::string& given, const Quantity& on) {
  check(given.empty() || is_identifier(given), "the name '" + given + "' cannot be part of a column's name, take letters, digits and '_'");
  if (!given.empty()) return given;
  std::vector<std::string> used;
  for (std::size_t i : on.used())
    if (i < context_.columns.size()) used.push_back(context_.columns[i]);
  constexpr std::size_t enough = 4;
  if (used.size() > enough) used.resize(enough);
  return used.empty() ? "constant" : join(used, "_");
}

void ConstraintReader::finish() const { raise(faults_); }

}  // namespace umbra
