#pragma once
// The three kinds of errors. A bug breaks a contract (EXPECT on entry, ENSURE on exit; on in debug and CI builds). A user's or the
// environment's fault throws UserError, always (VALIDATE). A bad physics point is neither: it is a Status in its row (status.h).

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace umbra {

/// A fault of the user or of the environment. The text reads: what is wrong (why it matters), what to do.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A broken contract: a fault of the program.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void contract_violated(const char* kind, const char* condition, const char* file, int line);

}  // namespace umbra

/// Throws UserError with a formatted text where the condition is false. Always on.
#define VALIDATE(condition, ...)                                              \
  do {                                                                        \
    if (!(condition)) [[unlikely]] throw ::umbra::UserError(::fmt::format(__VA_ARGS__)); \
  } while (false)

#ifdef UMBRA_CONTRACTS
#define UMBRA_CONTRACT(kind, condition)                                                              \
  do {                                                                                               \
    if (!(condition)) [[unlikely]] ::umbra::contract_violated(kind, #condition, __FILE__, __LINE__); \
  } while (false)
#else
#define UMBRA_CONTRACT(kind, condition) static_cast<void>(0)
#endif

/// What the caller must hold.
#define EXPECT(condition) UMBRA_CONTRACT("EXPECT", condition)
/// What the function promises.
#define ENSURE(condition) UMBRA_CONTRACT("ENSURE", condition)
