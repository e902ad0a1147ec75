/* A model in a shared library that leaves a witness: a line for every point that it has finished, in the file UMBRA_WITNESS, which survives the
   death of its process. UMBRA_WITNESS_DELAY: mean time of a point in s, drawn from its seed. UMBRA_WITNESS_POISON="seed:signal[,...]" dies there;
   "seed:0" never returns. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "jobs/simulators/umbra_model.h"

static int dimensions, witness = -1;
static double delay;

int umbra_model_version(void) { return UMBRA_MODEL_VERSION; }

int umbra_model_open(int num_parameters, const char* const* parameters, int num_columns, const char* const* columns, char* message) {
  (void)parameters, (void)num_columns, (void)columns, (void)message;
  dimensions = num_parameters;
  if (getenv("UMBRA_WITNESS")) witness = open(getenv("UMBRA_WITNESS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (getenv("UMBRA_WITNESS_DELAY")) delay = atof(getenv("UMBRA_WITNESS_DELAY"));
  return 0;
}

static void wait_for(double seconds) {
  struct timespec t;
  t.tv_sec = (time_t)seconds;
  t.tv_nsec = (long)(1e9 * (seconds - (double)t.tv_sec));
  nanosleep(&t, NULL);
}

static void be_poisonous(uint64_t seed) {
  const char* at = getenv("UMBRA_WITNESS_POISON");
  while (at && *at) {
    char* end;
    if (strtoull(at, &end, 10) == seed) {
      const int number = atoi(end + 1);
      if (number == 0) pause();
      signal(number, SIG_DFL);
      raise(number);
    }
    while (*end && *end != ',') ++end;
    at = *end ? end + 1 : end;
  }
}

int umbra_model_evaluate(const double* theta, uint64_t seed, double* row, char* message) {
  double sum = 0;
  (void)message;
  for (int i = 0; i < dimensions; ++i) sum += theta[i] * theta[i];
  row[0] = sqrt(sum);
  be_poisonous(seed);
  if (delay > 0) wait_for(delay * -log((double)((seed >> 11) + 1) * 0x1p-53));
  if (witness >= 0) {
    struct timespec now;
    char line[64];
    clock_gettime(CLOCK_REALTIME, &now);
    const int size = snprintf(line, sizeof line, "%llu %.6f\n", (unsigned long long)seed, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    if (write(witness, line, (size_t)size) != size) return UMBRA_NO_OUTPUT;
  }
  return UMBRA_OK;
}
