/* A model in a shared library:  cc -shared -fPIC -o library_model.so library_model.c   (with -I and the folder of umbra_model.h)
   job file:  model: {type: library, file: library_model.so, parameters: [x, y], columns: [log_L, radius]} */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "umbra_model.h"

int umbra_model_version(void) { return UMBRA_MODEL_VERSION; }

int umbra_model_evaluate(const double* theta, uint64_t seed, double* row, char* message) {
  const double radius = hypot(theta[0], theta[1]);
  (void)seed;
  if (radius > 5) {
    snprintf(message, UMBRA_MESSAGE_SIZE, "outside the potential, at %g", radius);
    return UMBRA_UNPHYSICAL;
  }
  row[0] = -0.5 * pow((radius - 2) / 0.1, 2);
  row[1] = radius;
  return UMBRA_OK;
}
