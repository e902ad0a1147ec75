/* A likelihood of one's own for toys: an unbinned search for a resonance in a mass spectrum.
     cc -O2 -shared -fPIC -o unbinned_search.so unbinned_search.c -lm     (with -I and the folder of umbra_toys.h)
     umbra run unbinned_search.yaml

   N events in a window of masses from 100 to 160; mu S of them are expected from the signal, a Gaussian at 125 of width 2 whose efficiency a
   calibration has found to be 1 +- 0.1; B from the background, which falls exponentially. Parameters: mu, B, the slope, the efficiency.
   A data set is: the calibration's result, then the mass of each event. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "umbra_toys.h"

static const double LOW = 100, HIGH = 160, MASS = 125, WIDTH = 2, SIGNAL = 30, CALIBRATION = 0.1;

int umbra_toys_version(void) { return UMBRA_TOYS_VERSION; }

int umbra_toys_parameters(umbra_toys_parameter* p, int room, int* interest) {
  static const umbra_toys_parameter all[] = {{"mu", 1, -1, 10, 0.5}, {"background", 300, 1, 1e5, 20}, {"slope", 0.03, -0.2, 0.2, 0.004}, {"efficiency", 1, 0.2, 2, 0.1}};
  *interest = 0;
  memcpy(p, all, (room < 4 ? (size_t)room : 4) * sizeof *p);
  return 4;
}

/* The part of an exponential of this slope that lies in the window, over its value at LOW; and the share of it below a mass. */
static double integral(double slope) { return fabs(slope) < 1e-9 ? HIGH - LOW : -expm1(-slope * (HIGH - LOW)) / slope; }

void umbra_toys_generate(const double* x, const umbra_toys_random* r, const umbra_toys_data* data) {
  const double calibration = x[3] + CALIBRATION * r->normal(r->stream);
  const double signal = r->poisson(r->stream, fmax(x[0], 0) * x[3] * SIGNAL), background = r->poisson(r->stream, x[1]);
  data->add(data->to, &calibration, 1);
  for (double i = 0; i < signal; ++i) {
    double m;
    do m = MASS + WIDTH * r->normal(r->stream);
    while (m < LOW || m > HIGH);
    data->add(data->to, &m, 1);
  }
  for (double i = 0; i < background; ++i) {
    const double u = r->uniform(r->stream);
    const double m = LOW + (fabs(x[2]) < 1e-9 ? u * (HIGH - LOW) : -log1p(-u * x[2] * integral(x[2])) / x[2]);
    data->add(data->to, &m, 1);
  }
}

/* What does not depend on parameters is computed once for each data set. */
static double* peak = 0;
static size_t room = 0;

void umbra_toys_prepare(const double* data, size_t size) {
  if (size > room) peak = realloc(peak, (room = 2 * size) * sizeof *peak);
  for (size_t i = 1; i < size; ++i) peak[i] = exp(-0.5 * pow((data[i] - MASS) / WIDTH, 2)) / (sqrt(2 * M_PI) * WIDTH);
}

double umbra_toys_nll(const double* x, const double* data, size_t size, double* gradient) {
  const double signal = x[0] * x[3] * SIGNAL, shape = x[1] / integral(x[2]);
  double sum = signal + x[1] + 0.5 * pow((data[0] - x[3]) / CALIBRATION, 2);
  (void)gradient;
  for (size_t i = 1; i < size; ++i) {
    const double rate = signal * peak[i] + shape * exp(-x[2] * (data[i] - LOW));
    if (!(rate > 0)) return HUGE_VAL;
    sum -= log(rate);
  }
  return sum;
}

double umbra_toys_num_events(const double* data, size_t size) {
  (void)data;
  return (double)size - 1;
}
