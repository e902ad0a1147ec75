/* A simulator of 100 ms that crashes at once at a tenth of the points and hangs for ever at one in a hundred: at which is a function of the point. */
#include <math.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "umbra_model.h"

int umbra_model_version(void) { return UMBRA_MODEL_VERSION; }

int umbra_model_evaluate(const double* theta, uint64_t seed, double* row, char* message) {
  const struct timespec mean = {0, 100000000};
  const double place = theta[0] * 997 - floor(theta[0] * 997);
  (void)seed;
  (void)message;
  if (place < 0.10) raise(SIGSEGV);
  if (place < 0.11)
    for (;;) pause();
  nanosleep(&mean, NULL);
  row[0] = theta[0] + theta[1];
  return UMBRA_OK;
}
