/* A library with the vices of test_evil, shown at theta[0] = 5; elsewhere row = {2 x, y - x}. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs/simulators/umbra_model.h"

static char vice[32];

int umbra_model_version(void) { return UMBRA_MODEL_VERSION; }

int umbra_model_open(int num_parameters, const char* const* parameters, int num_columns, const char* const* columns, char* message) {
  if (num_parameters != 2 || strcmp(parameters[0], "x") != 0 || num_columns != 2) {
    strcpy(message, "it wants x and y");
    return 1;
  }
  snprintf(vice, sizeof vice, "%s", columns[1]);
  return 0;
}

int umbra_model_evaluate(const double* theta, uint64_t seed, double* row, char* message) {
  row[0] = 2 * theta[0];
  row[1] = strcmp(vice, "seed") == 0 ? (double)(seed >> 11) : theta[1] - theta[0];
  if (getenv("UMBRA_WORKER")) {
    printf("what a library prints in its own process disturbs nobody\n");
    fflush(stdout);
  }
  if (theta[0] != 5) return UMBRA_OK;
  if (strcmp(vice, "segfault") == 0) raise(SIGSEGV);
  if (strcmp(vice, "exit") == 0) exit(4);
  if (strcmp(vice, "hang") == 0) pause();
  for (volatile int spinning = strcmp(vice, "spin") == 0; spinning;) continue;
  if (strcmp(vice, "nan") == 0) row[1] = NAN;
  if (strcmp(vice, "strange") == 0) return 77;
  if (strcmp(vice, "unphysical") == 0) {
    strcpy(message, "a tachyon");
    return UMBRA_UNPHYSICAL;
  }
  return UMBRA_OK;
}
