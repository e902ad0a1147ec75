/* What a shared library must define to be a likelihood for toys of Umbra (workflow: toys, model: {type: library}). Plain C, so that C, C++ and Fortran
   can; docs/toys.md and examples/unbinned_search.c show how. Calls come from one thread at a time. A data set is a list of numbers whose meaning is the
   library's own, of any length. */
#ifndef UMBRA_TOYS_H
#define UMBRA_TOYS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. */
#define UMBRA_TOYS_VERSION 1
/* Room for a message, its final zero included. */
#define UMBRA_TOYS_MESSAGE_SIZE 256

/* A parameter of the likelihood. */
typedef struct umbra_toys_parameter {
  const char* name;
  double initial; /* where fits begin */
  double low;     /* -ln L is defined from low to high; low == high: it is fixed. The upper end of the parameter of interest gives way where a larger
                     value is tested */
  double high;
  double step; /* above 0: about its uncertainty, the scale of numerical derivatives */
} umbra_toys_parameter;

/* Random numbers, which belong to the toy: the same for the same toy, whichever rank makes it. All randomness must come from here.
   Call as random->normal(random->stream). */
typedef struct umbra_toys_random {
  void* stream;
  double (*uniform)(void* stream);              /* in the open interval (0, 1) */
  double (*normal)(void* stream);               /* mean 0, variance 1 */
  double (*exponential)(void* stream);          /* mean 1 */
  double (*poisson)(void* stream, double mean); /* a whole number */
} umbra_toys_random;

/* Takes a data set, piece by piece: data->add(data->to, numbers, count). */
typedef struct umbra_toys_data {
  void* to;
  void (*add)(void* to, const double* numbers, size_t count);
} umbra_toys_data;

/* Returns UMBRA_TOYS_VERSION. */
int umbra_toys_version(void);

/* Optional. Called once before anything else, with the job file's `settings`. 0 accepts them; anything else refuses, and says why in message, of
   UMBRA_TOYS_MESSAGE_SIZE characters. */
int umbra_toys_open(const char* settings, char* message);

/* Fills in the parameters, at most `room` of them, and returns how many there are (it is called with room 0 first). *interest becomes the position of
   the parameter of interest, the signal strength; -1 where there is none. */
int umbra_toys_parameters(umbra_toys_parameter* parameters, int room, int* interest);

/* A toy: a data set drawn at these parameters, the data of auxiliary measurements included. */
void umbra_toys_generate(const double* parameters, const umbra_toys_random* random, const umbra_toys_data* data);

/* -ln L of a data set; infinite or NaN where it is not defined. gradient: NULL, or [number of parameters] to fill, which is asked for only where
   umbra_toys_has_gradient says so. */
double umbra_toys_nll(const double* parameters, const double* data, size_t size, double* gradient);

/* Optional. Called before the evaluations of each data set, for what need be computed once. */
void umbra_toys_prepare(const double* data, size_t size);

/* Optional. Not 0: umbra_toys_nll fills gradients. Else they come from differences. */
int umbra_toys_has_gradient(void);

/* Optional. The data set whose every number is its expectation (Asimov), for the asymptotic formulae beside the toys: a binned likelihood has one. */
void umbra_toys_expected(const double* parameters, const umbra_toys_data* data);

/* Optional. Events in a data set, for the statistic number_of_events. */
double umbra_toys_num_events(const double* data, size_t size);

/* Optional. Called once at the end. */
void umbra_toys_close(void);

#ifdef __cplusplus
}
#endif

#endif
