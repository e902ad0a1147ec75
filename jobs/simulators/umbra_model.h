/* What a shared library must define to be a model of Umbra (model: {type: library}). Plain C, so that C, C++ and Fortran can; docs/simulators.md
   shows each. Calls come from one thread at a time. */
#ifndef UMBRA_MODEL_H
#define UMBRA_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. */
#define UMBRA_MODEL_VERSION 1
/* Room for a message, its final zero included. */
#define UMBRA_MESSAGE_SIZE 256

/* What umbra_model_evaluate may return. */
enum umbra_status {
  UMBRA_OK = 0,
  UMBRA_UNPHYSICAL = 1, /* no theory has this point: never counts as a failure */
  UMBRA_TIMEOUT = 2,
  UMBRA_NO_OUTPUT = 5,
  UMBRA_PARSE_ERROR = 6,
  UMBRA_OUT_OF_MEMORY = 7,
  UMBRA_NOT_FINITE = 9
};

/* Returns UMBRA_MODEL_VERSION. */
int umbra_model_version(void);

/* Optional. Called once before anything else, with the names and order of what comes in theta and what goes into row. 0 accepts them; anything
   else refuses, and says why in message. */
int umbra_model_open(int num_parameters, const char* const* parameters, int num_columns, const char* const* columns, char* message);

/* One point. theta [num_parameters]; row [num_columns] to fill, NaN where it is not; seed: all randomness must come from it; message, of
   UMBRA_MESSAGE_SIZE characters, says why it is not UMBRA_OK. */
int umbra_model_evaluate(const double* theta, uint64_t seed, double* row, char* message);

/* Optional. Called once at the end. */
void umbra_model_close(void);

#ifdef __cplusplus
}
#endif

#endif
